import type {Metric} from './metric.ts'
import {perTaskAndTotal, ratio, received} from './task-figures.ts'

export const taskRetryRatio: Metric = {
  id: 'task_retry_ratio',
  title: 'Retry rate',
  help: 'Retries over deliveries to a node; a retry is a delivery, too.',
  unit: 'ratio',
  per: ['task'],
  reads: ['history', 'flower', 'results'],
  target: {below: 0.05},
  notice: {above: 0.05},
  // More retries than first attempts: a storm, which the hub does instead of its work. Half of them is one retry for each, where an
  // edge of the window alone would decide.
  warning: {above: 0.6},
  leastSamples: 20,
  measure: snapshot =>
    perTaskAndTotal(snapshot, figure => ({
      value: ratio(figure.retried, received(figure)),
      samples: received(figure),
    })),
}
