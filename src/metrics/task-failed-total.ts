import type {Metric} from './metric.ts'
import {finished, perTaskAndTotal} from './task-figures.ts'

export const taskFailedTotal: Metric = {
  id: 'task_failed_total',
  title: 'Failed tasks',
  help: 'Tasks that ended with an exception, retries that succeeded in the end left out.',
  unit: 'count',
  per: ['task'],
  reads: ['flower', 'results'],
  target: {below: 1},
  notice: {above: 0},
  measure: snapshot =>
    perTaskAndTotal(snapshot, figure => ({value: figure.failed, samples: finished(figure)})),
}
