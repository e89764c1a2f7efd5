import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const queueMessages: Metric = {
  id: 'queue_messages',
  title: 'Queue depth',
  help: 'Ready messages of a queue, all its priority lists added up; tasks already delivered to a node are not in it.',
  unit: 'count',
  per: ['queue'],
  reads: ['celery'],
  target: {below: 10},
  warning: {above: 10},
  forSeconds: 300,
  measure: ({sources}) =>
    (factsFrom(sources.celery)?.queues ?? []).map(queue => ({
      labels: {queue: queue.name},
      value: queue.ready,
      source: 'celery',
      since: null,
      samples: null,
    })),
}
