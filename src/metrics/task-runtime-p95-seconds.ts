import type {Metric} from './metric.ts'
import {perTaskInWindow} from './window-figures.ts'

export const taskRuntimeP95Seconds: Metric = {
  id: 'task_runtime_p95_seconds',
  title: 'Duration p95',
  help: 'Runtime that 95 % of the tasks that succeeded stayed below; right to within a factor of the square root of two.',
  unit: 'seconds',
  per: ['task'],
  reads: ['history'],
  target: null,
  leastSamples: 1,
  measure: snapshot =>
    perTaskInWindow(
      snapshot,
      ({runtime: {count, p95}}) => ({value: p95, samples: count}),
      'no task succeeded in the window',
    ),
}
