import type {Notification} from './notification.ts'

/** What a receiver has not taken yet. */
export type Waiting = {
  notification: Notification
  /** Begun and not known to have arrived. */
  attempts: number
  /** Milliseconds of the epoch. */
  queuedAt: number
}

/** By the id of the receiver, the oldest first. */
export type Outbox = Readonly<Record<string, readonly Waiting[]>>

/** Why something was given up. */
export type GivenUp = {receiver: string; notification: Notification; why: 'expired' | 'too-many'}

export const mostWaiting = 1000
/** What happened a day ago wakes nobody any more. */
export const expirySeconds = 24 * 3600
export const mostBackOffSeconds = 300

/** Queues notifications for each receiver; beyond so many the oldest go. */
export function put(
  outbox: Outbox,
  receivers: readonly string[],
  notifications: readonly Notification[],
  now: number,
): {outbox: Outbox; givenUp: GivenUp[]} {
  const added = notifications.map(notification => ({notification, attempts: 0, queuedAt: now}))
  const givenUp: GivenUp[] = []
  const next: Record<string, readonly Waiting[]> = {...outbox}
  for (const receiver of receivers) {
    const all = [...(outbox[receiver] ?? []), ...added]
    const over = Math.max(0, all.length - mostWaiting)
    for (const {notification} of all.slice(0, over)) givenUp.push({receiver, notification, why: 'too-many'})
    next[receiver] = all.slice(over)
  }
  return {outbox: next, givenUp}
}

/** Without what is too old to be of use, and without what belongs to receivers that there are no more. */
export function tidy(
  outbox: Outbox,
  receivers: readonly string[],
  now: number,
): {outbox: Outbox; givenUp: GivenUp[]; orphans: {receiver: string; many: number}[]} {
  const givenUp: GivenUp[] = []
  const orphans: {receiver: string; many: number}[] = []
  const next: Record<string, readonly Waiting[]> = {}
  for (const [receiver, waiting] of Object.entries(outbox)) {
    if (!receivers.includes(receiver)) {
      if (waiting.length > 0) orphans.push({receiver, many: waiting.length})
      continue
    }
    const isFresh = ({queuedAt}: Waiting) => now - queuedAt < expirySeconds * 1000
    for (const {notification} of waiting.filter(one => !isFresh(one)))
      givenUp.push({receiver, notification, why: 'expired'})
    next[receiver] = waiting.filter(isFresh)
  }
  return {outbox: next, givenUp, orphans}
}

/** The oldest of a receiver, and the outbox that knows that an attempt at it has begun; `null` when nothing waits. */
export function begin(outbox: Outbox, receiver: string): {outbox: Outbox; notification: Notification} | null {
  const [first, ...rest] = outbox[receiver] ?? []
  if (first === undefined) return null
  const attempts = first.attempts + 1
  return {
    outbox: {...outbox, [receiver]: [{...first, attempts}, ...rest]},
    notification: {...first.notification, attempt: attempts},
  }
}

/** Without this one: it has arrived. */
export function arrived(outbox: Outbox, receiver: string, id: string): Outbox {
  return {...outbox, [receiver]: (outbox[receiver] ?? []).filter(({notification}) => notification.id !== id)}
}

/** 1, 2, 4, … seconds after so many failures, five minutes at most. */
export function backOffSeconds(failures: number): number {
  return Math.min(mostBackOffSeconds, 2 ** Math.max(0, failures - 1))
}
