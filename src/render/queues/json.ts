import type {QueueRow} from '../../report/queues.ts'
import type {CeleryFacts} from '../../snapshot/celery.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'

/** What `queues --json` has as `data`: every queue, in base units. */
export function queuesJson(
  rows: readonly QueueRow[],
  {unacked, replyLists, takenAway = []}: CeleryFacts,
  {takenAt, target, passive}: Pick<Snapshot, 'takenAt' | 'target' | 'passive'>,
) {
  return {
    takenAt,
    target: {...target},
    passive,
    queues: rows.map(row => ({
      name: row.name,
      ready: row.ready,
      byPriority: row.byPriority,
      unacked: row.unacked,
      consumers: row.consumers,
      inPerSecond: row.inPerSecond,
      outPerSecond: row.outPerSecond,
      trend: row.trend,
      drainSeconds: row.drainSeconds,
      bytes: bytesOf(row),
      sample: row.sample,
      flow: row.flow,
      remarks: row.remarks,
    })),
    unacked: {messages: unacked.messages, oldestSeconds: unacked.oldestSeconds},
    replyLists,
    takenAway,
  }
}

/** What all waiting messages take, by the average of those that were looked at or weighed. */
export function bytesOf({ready, sample}: QueueRow): number | null {
  if (ready === 0) return 0
  return sample?.averageBytes == null ? null : Math.round(sample.averageBytes * ready)
}
