import type {Metric} from './metric.ts'
import {perTaskAndTotal} from './task-figures.ts'

export const taskRuntimeSeconds: Metric = {
  id: 'task_runtime_seconds',
  title: 'Average duration',
  help: 'Time that a pool process worked on a task, averaged over those that succeeded.',
  unit: 'seconds',
  per: ['task'],
  reads: ['history', 'flower', 'results'],
  target: null,
  warning: {above: 1800},
  leastSamples: 1,
  windowSeconds: 3600,
  measure: snapshot =>
    perTaskAndTotal(snapshot, ({runtimeSecondsSum: sum, runtimeSamples: samples}, source) => {
      if (source === 'results' && sum === null)
        return {value: null, samples: null, note: 'the results tell no runtimes'}
      if (source === 'celery') return {value: null, samples: null}
      return {value: sum === null || samples === 0 ? null : sum / samples, samples}
    }),
}
