import {evaluate} from '../metrics/evaluate.ts'
import {taskRetryRatio} from '../metrics/task-retry-ratio.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containerOf, hubMon, lastWords} from './names.ts'
import {inWindow, taskOrAll} from './task-words.ts'

export const tasksRetryRatio = defineCheck({
  id: 'tasks.retry-ratio',
  category: 'tasks',
  title: 'Few tasks are retried',
  why: 'Retries hide a weak dependency: the work is done in the end, but several times over.',
  looksAt:
    'The metric task_retry_ratio of each task type and of all together: a notice above 5 %, a warning above 60 %, of 20 or more.',
  confirm: ['hub-mon stats --by task', 'docker logs --tail 100 hub-celery-worker'],
  cure: ['hub-mon logs celery-worker   # shows why they are retried'],
  severity: 'notice',
  phase: 'running',
  metric: 'task_retry_ratio',
  needs: [],
  reads: ['history', 'flower', 'results', 'celery', 'docker'],
  judge: snapshot =>
    judgeSamples(evaluate(taskRetryRatio, snapshot), {
      subject: taskOrAll,
      say: sample =>
        `${percent(sample.value ?? 0)} of ${sample.samples ?? 0} deliveries were retries (${taskOrAll(sample)})${inWindow(sample, snapshot)}`,
      pass: ([all]) =>
        `${percent(all?.value ?? 0)} of ${all?.samples ?? 0} deliveries were retries${inWindow(all, snapshot)}`,
      remedies: () => [
        confirmBy('by task type', ...hubMon(snapshot, 'stats', '--by', 'task')),
        ...lastWords(containerOf(snapshot, 'worker')),
        decide('mend what they wait for, or give retries more time between them (retry_backoff)'),
      ],
    }),
})
