import type {Outcome} from './bucket.ts'

/** What Celery's event stream tells, as far as it is recorded. Times are epoch seconds by the clock of whoever sent it. */
export type TaskEvent = {
  kind: Exclude<Outcome, 'vanished'>
  /** Name of the node, or of the client for `sent`. */
  node: string
  id: string
  timestamp: number
  /** `sent` and `received` alone. */
  name: string | null
  /** `sent` alone. */
  queue: string | null
  /** `succeeded` alone, in seconds. */
  runtime: number | null
  /** `failed` and `retried` alone: `ValueError('boom')`, uncut. */
  exception: string | null
}

export type NodeEvent = {
  kind: 'online' | 'heartbeat' | 'offline'
  node: string
  pid: number
  /** Tasks begun since the node's start: what the `started` events are held against; `null` when not told. */
  processed: number | null
  timestamp: number
}

export type Event = TaskEvent | NodeEvent

export function isOfNode(event: Event): event is NodeEvent {
  return event.kind === 'online' || event.kind === 'heartbeat' || event.kind === 'offline'
}
