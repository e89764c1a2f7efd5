import {evaluate} from '../metrics/evaluate.ts'
import {taskFailedTotal} from '../metrics/task-failed-total.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containerOf, hubMon, lastWords} from './names.ts'
import {inWindow, newestFailure, taskOrAll} from './task-words.ts'

export const tasksFailed = defineCheck({
  id: 'tasks.failed',
  category: 'tasks',
  title: 'No task has failed',
  why: 'Each failed task is work not done, also when there are too few for a rate.',
  looksAt: 'The metric task_failed_total of each task type, with the newest exception.',
  confirm: ['hub-mon stats --by task', 'docker logs --tail 100 hub-celery-worker'],
  cure: ['hub-mon logs celery-worker   # mend what it says, then send them again'],
  severity: 'notice',
  phase: 'running',
  metric: 'task_failed_total',
  needs: [],
  reads: ['history', 'flower', 'results', 'celery', 'docker'],
  judge: snapshot =>
    judgeSamples(evaluate(taskFailedTotal, snapshot), {
      subject: taskOrAll,
      say: sample =>
        `${plural(sample.value ?? 0, 'failure')} ${sample.labels.task === undefined ? 'in all' : `of ${sample.labels.task}`}${inWindow(sample, snapshot)}`,
      pass: ([all]) => `none of ${all?.samples ?? 0} finished${inWindow(all, snapshot)}`,
      evidence: () => newestFailure(snapshot),
      remedies: () => [
        confirmBy('by task type', ...hubMon(snapshot, 'stats', '--by', 'task')),
        ...lastWords(containerOf(snapshot, 'worker')),
        decide('mend the exception, then send the failed tasks again'),
      ],
    }),
})
