import {evaluate} from '../metrics/evaluate.ts'
import {taskRuntimeSeconds} from '../metrics/task-runtime-seconds.ts'
import {duration} from '../render/text/duration.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containerOf, hubMon, lastWords} from './names.ts'
import {inWindow, taskOrAll} from './task-words.ts'

export const tasksDuration = defineCheck({
  id: 'tasks.duration',
  category: 'tasks',
  title: 'Tasks are quick enough',
  why: 'A task that works past the visibility timeout (an hour by default) is delivered again, and run twice.',
  looksAt: 'The metric task_runtime_seconds of each task type, averaged: a warning above 30 minutes.',
  confirm: ['hub-mon stats --by task', 'docker logs --tail 100 hub-celery-worker'],
  cure: ['hub-mon logs celery-worker   # mend what it says'],
  severity: 'warning',
  phase: 'running',
  metric: 'task_runtime_seconds',
  needs: [],
  reads: ['history', 'flower', 'results', 'celery', 'docker'],
  judge: snapshot =>
    judgeSamples(evaluate(taskRuntimeSeconds, snapshot), {
      subject: taskOrAll,
      say: sample =>
        `${taskOrAll(sample)} take ${duration(sample.value ?? 0)} on average${inWindow(sample, snapshot)}`,
      pass: ([all]) => `${duration(all?.value ?? 0)} on average${inWindow(all, snapshot)}`,
      remedies: () => [
        confirmBy('by task type', ...hubMon(snapshot, 'stats', '--by', 'task')),
        ...lastWords(containerOf(snapshot, 'worker')),
        decide('split the task, give it a time limit (task_time_limit), or raise the visibility timeout'),
      ],
    }),
})
