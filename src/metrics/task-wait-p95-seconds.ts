import type {Metric} from './metric.ts'
import {noneSent, perTaskInWindow} from './window-figures.ts'

export const taskWaitP95Seconds: Metric = {
  id: 'task_wait_p95_seconds',
  title: 'Wait p95',
  help: 'Time from sending that 95 % of the tasks that started stayed below; right to within a factor of the square root of two.',
  unit: 'seconds',
  per: ['task'],
  reads: ['history'],
  target: null,
  leastSamples: 1,
  measure: snapshot =>
    perTaskInWindow(snapshot, ({wait: {count, p95}}) => ({value: p95, samples: count}), noneSent),
}
