import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const celeryTaskRunningSeconds: Metric = {
  id: 'celery_task_running_seconds',
  title: 'Longest running task',
  help: 'Time since a pool process took the task of a type that runs for longest at this moment; nothing of types that do not run.',
  unit: 'seconds',
  per: ['task'],
  reads: ['celery'],
  target: null,
  warning: {above: 1800},
  measure({sources}) {
    const longest = new Map<string, number>()
    for (const {active} of factsFrom(sources.celery)?.nodes ?? [])
      for (const {name, runningSeconds} of active)
        if (runningSeconds !== null) longest.set(name, Math.max(longest.get(name) ?? 0, runningSeconds))
    return [...longest].map(([task, value]) => ({
      ...{labels: {task}, value, source: 'celery' as const, since: null, samples: null},
    }))
  },
}
