import type {Metric} from './metric.ts'
import {noneSent, perTaskInWindow} from './window-figures.ts'

export const taskWaitSeconds: Metric = {
  id: 'task_wait_seconds',
  title: 'Average wait',
  help: 'Time from sending a task to its start, averaged over those that started; told where the application sends task-sent.',
  unit: 'seconds',
  per: ['task'],
  reads: ['history'],
  target: null,
  leastSamples: 1,
  measure: snapshot =>
    perTaskInWindow(snapshot, ({wait: {count, average}}) => ({value: average, samples: count}), noneSent),
}
