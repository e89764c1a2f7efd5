import type {Metric} from '../../metrics/metric.ts'
import {braced, type RuleSource} from './source.ts'

/** Over what Flower itself serves at `/metrics`: events of tasks, and which nodes said hello. */
export const overFlower: RuleSource = {
  id: 'flower',
  isSparse: true,
  // One series an event's type: those that never came are not there, and need not be added.
  events: (kinds, matchers, window) => {
    const types = kinds.map(kind => `task-${kind}`)
    const type = types.length === 1 ? `type="${types[0]}"` : `type=~"${types.join('|')}"`
    return `increase(flower_events_total${braced([type, ...matchers])}[${window}])`
  },
  // Its buckets end at ten seconds unless it was told otherwise, and it tells nothing of waiting in a queue.
  durations: (of, part, matchers, window) =>
    of === 'wait' || part === 'bucket'
      ? null
      : `increase(flower_task_runtime_seconds_${part}${braced(matchers)}[${window}])`,
  gauge: ({id}: Metric) => (id === 'celery_nodes_online' ? '(sum(flower_worker_online) or vector(0))' : null),
  caveat: ({id}) =>
    id === 'celery_nodes_online'
      ? 'Flower keeps a node that was killed as online: this fires for nodes that said goodbye, and where Flower itself is gone.'
      : null,
  unseen: null,
}
