import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const queueUnackedMessages: Metric = {
  id: 'queue_unacked_messages',
  title: 'Unacknowledged messages',
  help: 'Delivered to a node and not acknowledged, of all queues together; tasks that wait for their ETA are in it.',
  unit: 'count',
  per: [],
  reads: ['celery'],
  target: null,
  measure: ({sources}) => {
    const messages = factsFrom(sources.celery)?.unacked.messages ?? null
    return [
      {labels: {}, value: messages, source: messages === null ? null : 'celery', since: null, samples: null},
    ]
  },
}
