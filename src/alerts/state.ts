import type {Tracked} from './machine.ts'
import type {Outbox} from './outbox.ts'

/** What a follower knows; kept over a restart. */
export type AlertState = {
  schema: 'hub-mon/alert-state@1'
  /** The hub, for people. */
  hub: string
  /** When it last looked, in milliseconds of the epoch; `null` before the first look. */
  lookedAt: number | null
  everySeconds: number
  /** In the order in which they began. */
  alerts: Tracked[]
  outbox: Outbox
}

export function emptyState(hub: string, everySeconds: number): AlertState {
  return {schema: 'hub-mon/alert-state@1', hub, lookedAt: null, everySeconds, alerts: [], outbox: {}}
}

/** A state as it was written; `null` for anything else. It is our own file, so its shape is looked at and not each value. */
export function parseState(text: string): AlertState | null {
  try {
    const state = JSON.parse(text) as AlertState
    const isOurs =
      state?.schema === 'hub-mon/alert-state@1' &&
      Array.isArray(state.alerts) &&
      state.alerts.every(
        ({row, seen, phase}) => row?.id !== undefined && seen !== undefined && phase !== undefined,
      ) &&
      typeof state.outbox === 'object' &&
      Object.values(state.outbox).every(waiting => Array.isArray(waiting))
    return isOurs ? state : null
  } catch {
    return null
  }
}

/** Looks that a follower may miss before its word is no longer taken for what is true now. */
const mostMissed = 4

/** Whether a follower is at work: it has looked lately. */
export function isFresh({lookedAt, everySeconds}: AlertState, now: number): boolean {
  return lookedAt !== null && now - lookedAt < Math.max(60, mostMissed * everySeconds) * 1000
}
