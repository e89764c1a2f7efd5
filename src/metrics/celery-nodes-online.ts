import {unreadableNodes} from '../snapshot/celery.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const celeryNodesOnline: Metric = {
  id: 'celery_nodes_online',
  title: 'Nodes online',
  help: 'Nodes that answered a remote-control ping; without one, those whose heartbeats Flower sees.',
  unit: 'count',
  per: [],
  reads: ['celery', 'flower'],
  target: null,
  critical: {below: 1},
  alarm: 'no node is online',
  boundsIn: ({expected}) => (expected.nodes === null ? {} : {target: {above: expected.nodes.value - 1}}),
  measure: ({sources, expected}) => {
    const celery = factsFrom(sources.celery)
    const seen = factsFrom(sources.flower)?.nodes
    const common = {labels: {}, since: null, samples: null}
    const note =
      expected.nodes === null ? {} : {note: `${expected.nodes.value} expected (${expected.nodes.from})`}
    if (celery !== undefined && celery.probe !== null)
      return [{...common, ...note, value: celery.nodes.length + unreadableNodes(celery), source: 'celery'}]
    if (seen !== undefined && seen !== null)
      return [{...common, ...note, value: seen.filter(node => node.online).length, source: 'flower'}]
    return [{...common, ...note, value: null, source: null}]
  },
}
