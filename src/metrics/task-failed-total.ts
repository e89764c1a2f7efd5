import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'
import {finished, newestFailures, perTaskAndTotal} from './task-figures.ts'

export const taskFailedTotal: Metric = {
  id: 'task_failed_total',
  title: 'Failed tasks',
  help: 'Tasks that ended with an exception, retries that succeeded in the end left out; the note of a task type is its newest exception.',
  unit: 'count',
  per: ['task'],
  reads: ['history', 'flower', 'results'],
  target: {below: 1},
  notice: {above: 0},
  measure: snapshot => {
    const newest = newestFailures(snapshot)
    const sampled = factsFrom(snapshot.sources.results)?.complete === false
    return perTaskAndTotal(snapshot, (figure, source) => {
      const last = figure.failed ? newest.find(({task}) => task !== null && task === figure.task) : undefined
      // A ratio of a sample is still the ratio; a count is not the count.
      const note =
        figure.task === null && source === 'results' && sampled
          ? 'at least: a sample of the results was read'
          : last?.exception
      return {...{value: figure.failed, samples: finished(figure)}, ...(note === undefined ? {} : {note})}
    })
  },
}
