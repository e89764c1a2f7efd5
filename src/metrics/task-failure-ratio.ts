import type {Metric} from './metric.ts'
import {finished, perTaskAndTotal, ratio} from './task-figures.ts'

export const taskFailureRatio: Metric = {
  id: 'task_failure_ratio',
  title: 'Failure rate',
  help: 'Failed tasks over those that succeeded or failed.',
  unit: 'ratio',
  per: ['task'],
  reads: ['history', 'flower', 'results'],
  target: null,
  warning: {above: 0.05},
  critical: {above: 0.1},
  leastSamples: 20,
  measure: snapshot =>
    perTaskAndTotal(snapshot, figure => ({
      value: ratio(figure.failed, finished(figure)),
      samples: finished(figure),
    })),
}
