import {unreadableNodes} from '../snapshot/celery.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Measurement, Metric} from './metric.ts'

export const celeryTasksRunning: Metric = {
  id: 'celery_tasks_running',
  title: 'Tasks running',
  help: 'Tasks that pool processes work on at this moment.',
  unit: 'count',
  per: ['node'],
  summed: true,
  reads: ['celery'],
  target: null,
  measure: ({sources}) => {
    const celery = factsFrom(sources.celery)
    const asked = celery !== undefined && celery.probe !== null
    const nodes = asked ? celery.nodes : []
    const of = (labels: Measurement['labels'], value: number | null): Measurement => ({
      ...{labels, value, source: asked ? 'celery' : null, since: null, samples: null},
    })
    const total = nodes.reduce((sum, node) => sum + node.active.length, 0)
    return [
      of({}, asked && unreadableNodes(celery) === 0 ? total : null),
      ...nodes.map(node => of({node: node.name}, node.active.length)),
    ]
  },
}
