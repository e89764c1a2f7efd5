import type {Metric} from './metric.ts'
import {finished, perTaskAndTotal, ratio} from './task-figures.ts'

export const taskSuccessRatio: Metric = {
  id: 'task_success_ratio',
  title: 'Success rate',
  help: 'Succeeded tasks over those that succeeded or failed.',
  unit: 'ratio',
  per: ['task'],
  reads: ['history', 'flower', 'results'],
  target: {above: 0.95},
  leastSamples: 20,
  measure: snapshot =>
    perTaskAndTotal(snapshot, figure => ({
      value: ratio(figure.succeeded, finished(figure)),
      samples: finished(figure),
    })),
}
