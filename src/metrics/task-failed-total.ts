import type {Metric} from './metric.ts'
import {finished, newestFailures, perTaskAndTotal} from './task-figures.ts'

export const taskFailedTotal: Metric = {
  id: 'task_failed_total',
  title: 'Failed tasks',
  help: 'Tasks that ended with an exception, retries that succeeded in the end left out; the note of a task type is its newest exception.',
  unit: 'count',
  per: ['task'],
  reads: ['flower', 'results'],
  target: {below: 1},
  notice: {above: 0},
  measure: snapshot => {
    const newest = newestFailures(snapshot)
    return perTaskAndTotal(snapshot, figure => {
      const last = figure.failed ? newest.find(({task}) => task !== null && task === figure.task) : undefined
      return {
        ...{value: figure.failed, samples: finished(figure)},
        ...(last === undefined ? {} : {note: last.exception}),
      }
    })
  },
}
