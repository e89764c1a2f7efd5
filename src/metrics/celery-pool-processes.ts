import {unreadableNodes} from '../snapshot/celery.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Measurement, Metric} from './metric.ts'

export const celeryPoolProcesses: Metric = {
  id: 'celery_pool_processes',
  title: 'Pool processes',
  help: 'Tasks that can run at once: the children of the pools of all nodes that answered.',
  unit: 'count',
  per: ['node'],
  summed: true,
  reads: ['celery'],
  target: null,
  // Of the whole hub: what one node should have, nobody says.
  boundsIn: ({expected}, {node}) =>
    expected.poolProcesses === null || node !== undefined
      ? {}
      : {target: {above: expected.poolProcesses.value - 1}},
  measure: ({sources, expected}) => {
    const celery = factsFrom(sources.celery)
    const asked = celery !== undefined && celery.probe !== null
    const nodes = asked ? celery.nodes : []
    const source = asked ? ('celery' as const) : null
    const of = (labels: Measurement['labels'], value: number | null): Measurement => ({
      ...{labels, value, source, since: null, samples: null},
    })
    const told = nodes.map(node => node.poolProcesses).filter(number => number !== null)
    const complete = asked && told.length === nodes.length && unreadableNodes(celery) === 0
    const total = complete ? told.reduce((sum, one) => sum + one, 0) : null
    const wanted = expected.poolProcesses
    return [
      {...of({}, total), ...(wanted === null ? {} : {note: `${wanted.value} expected (${wanted.from})`})},
      ...nodes.map(node => of({node: node.name}, node.poolProcesses)),
    ]
  },
}
