import {newestFailures} from '../metrics/task-figures.ts'
import {duration} from '../render/text/duration.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {containersOf, hubMon, lastWords, listed} from './names.ts'

/** What is longer ago has been seen, or will come again. */
const recentSeconds = 900

export const tasksProcessLost = defineCheck({
  id: 'tasks.process-lost',
  category: 'tasks',
  title: 'No pool process dies at its work',
  why: 'A pool process that is killed takes its task with it, and says nothing: the kernel out of memory, a crash in native code, a person.',
  looksAt: 'The newest exception of each task type: WorkerLostError in the past 15 minutes.',
  confirm: ['docker logs --tail 100 hub-celery-worker', 'dmesg --ctime --level err,warn'],
  cure: [
    '# for memory: --max-memory-per-child or a higher mem_limit; for a crash: mend what the task calls, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: [],
  reads: ['flower', 'results', 'celery', 'docker'],
  follows: [{check: 'stack.oom-killed', of: 'worker'}],
  judge(snapshot) {
    const {flower, results} = snapshot.sources
    if (flower?.status !== 'fresh' && results?.status !== 'fresh')
      return skip('no source tells what tasks failed with')
    const lost = newestFailures(snapshot).filter(
      ({exception, at}) =>
        exception.startsWith('WorkerLostError') && secondsSince(at, snapshot.takenAt) < recentSeconds,
    )
    const [newest] = lost
    if (newest === undefined) return pass('none in the past 15 minutes')
    const tasks = [...new Set(lost.map(({task}) => task ?? 'a task'))]
    const ago = secondsSince(newest.at, snapshot.takenAt)
    return fail(
      `the pool process of ${listed(tasks)} was killed at its work ${duration(ago)} ago: ${newest.exception}`,
      {
        affects: [...containersOf(snapshot, 'worker').map(({service}) => service), ...tasks],
        evidence: lost.slice(0, 5).map(({task, exception}) => ({label: task ?? 'a task', value: exception})),
        remedies: [
          decide(
            'find what kills it: memory (dmesg; then --max-memory-per-child, or more of it), a crash in what the task calls, or a person',
          ),
          confirmBy('how many failed, by task type', ...hubMon(snapshot, 'stats', '--by', 'task')),
          ...containersOf(snapshot, 'worker').slice(0, 3).flatMap(lastWords),
        ],
      },
    )
  },
})
