import type {Described} from './describe.ts'
import {isInForce, isToldBy, type Judged, type Look} from './judge.ts'
import {type Resolution, type Sighting, step, type Tracked} from './machine.ts'

/** An alert fired or resolved. */
export type Change = {
  event: 'fired' | 'resolved'
  /** Milliseconds of the epoch. */
  at: number
  /** `null` for one that fired. */
  why: Resolution | null
  alert: Tracked
}

export type Advanced = {
  /** By the id of their row. */
  alerts: Map<string, Tracked>
  changes: Change[]
  /** Beyond a bound and not followed, because so many are already. */
  untracked: number
}

/** A hub whose thousand queues are all too long has one problem; memory and receivers are spared the rest. */
export const mostAlerts = 1000

/** What becomes of all alerts by one look. Those that went on are in the order in which they began. */
export function advance(
  before: ReadonlyMap<string, Tracked>,
  {
    look,
    judged,
    describe,
    now,
  }: {
    look: Look
    judged: readonly Judged[]
    describe: (judged: Judged) => Described
    now: number
  },
): Advanced {
  const byId = new Map(judged.map(one => [one.row.id, one]))
  const alerts = new Map<string, Tracked>()
  const changes: Change[] = []
  const take = (id: string, tracked: Tracked | null, sighting: Sighting) => {
    const next = step(tracked, sighting, now)
    if (next.change !== null && next.tracked !== null)
      changes.push({event: next.change, at: now, why: next.why, alert: next.tracked})
    if (next.tracked !== null && next.change !== 'resolved') alerts.set(id, next.tracked)
  }
  for (const [id, tracked] of before) {
    const one = byId.get(id)
    take(id, tracked, one === undefined ? missing(tracked, look) : sightingOf(one, tracked.seen, describe))
  }
  let untracked = 0
  for (const [id, one] of byId) {
    if (before.has(id) || one.standing !== 'beyond') continue
    if (alerts.size >= mostAlerts) untracked += 1
    else take(id, null, {...one, seen: describe(one)})
  }
  return {alerts, changes, untracked}
}

function sightingOf(one: Judged, seen: Described, describe: (judged: Judged) => Described): Sighting {
  const isBeyond = one.standing === 'beyond' || one.standing === 'covered'
  return {...one, seen: isBeyond ? describe(one) : seen}
}

/** Of a thing that was not measured: whether it is gone, or only out of sight. */
function missing({row, source, seen}: Tracked, look: Look): Sighting {
  const standing = !isInForce(row, look) ? 'not-watched' : isToldBy(source, row, look) ? 'gone' : 'unknown'
  return {standing, row, source, seen}
}
