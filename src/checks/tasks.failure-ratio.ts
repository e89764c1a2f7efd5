import {evaluate} from '../metrics/evaluate.ts'
import {taskFailureRatio} from '../metrics/task-failure-ratio.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containerOf, hubMon, lastWords} from './names.ts'
import {inWindow, newestFailure, taskOrAll} from './task-words.ts'

export const tasksFailureRatio = defineCheck({
  id: 'tasks.failure-ratio',
  category: 'tasks',
  title: 'Tasks succeed',
  why: 'A task that fails is work not done; a rate that rises is often the first sign of something else that broke.',
  looksAt:
    'The metric task_failure_ratio of each task type and of all together: warning above 5 %, critical above 10 %, of 20 or more.',
  confirm: ['hub-mon stats --by task', 'docker logs --tail 100 hub-celery-worker'],
  cure: ['hub-mon logs celery-worker   # mend what it says'],
  severity: 'critical',
  phase: 'running',
  metric: 'task_failure_ratio',
  needs: [],
  reads: ['history', 'flower', 'results', 'celery', 'docker'],
  judge: snapshot =>
    judgeSamples(evaluate(taskFailureRatio, snapshot), {
      subject: taskOrAll,
      say: sample =>
        `${percent(sample.value ?? 0)} of ${sample.samples ?? 0} finished failed (${taskOrAll(sample)})${inWindow(sample, snapshot)}`,
      pass: ([all]) =>
        `${percent(all?.value ?? 0)} of ${all?.samples ?? 0} finished failed${inWindow(all, snapshot)}`,
      evidence: () => newestFailure(snapshot),
      remedies: () => [
        confirmBy('by task type', ...hubMon(snapshot, 'stats', '--by', 'task')),
        ...lastWords(containerOf(snapshot, 'worker')),
        decide('mend the exception that the log and tasks.failed show; then send the failed tasks again'),
      ],
    }),
})
