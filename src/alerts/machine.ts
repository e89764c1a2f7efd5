import type {SourceId} from '../snapshot/reading.ts'
import type {Described} from './describe.ts'
import type {Standing} from './judge.ts'
import type {AlertRow} from './rows.ts'

/** An alert that has begun. Plain JSON, kept over a restart; times in milliseconds of the epoch. */
export type Tracked = {
  /** As it was when it was last seen. */
  row: AlertRow
  phase: 'pending' | 'firing'
  /** Since when the bound is crossed. */
  since: number
  /** `null` while pending. */
  firedAt: number | null
  /** Last seen beyond its bound. */
  beyondAt: number
  /** Since when it has been back inside; `null` while it is not. */
  backSince: number | null
  /** Since when there has been nothing to judge: the thing is gone, or too little happens; `null` while there is. */
  nothingSince: number | null
  /** Who told of it last. */
  source: SourceId | null
  /** What was seen when it was last beyond its bound. */
  seen: Described
}

/** Why an alert resolved. */
export type Resolution = 'back-inside' | 'gone' | 'too-few' | 'not-watched'

export type Step = {
  /** `null`: nothing is kept of it. */
  tracked: Tracked | null
  change: 'fired' | 'resolved' | null
  why: Resolution | null
}

/** What is seen of a row's thing; `gone` and `unknown` where it was not among what was measured. */
export type Sighting = {
  standing: Standing | 'gone' | 'unknown' | 'not-watched'
  row: AlertRow
  source: SourceId | null
  /** Of one that is beyond its bound. */
  seen: Described
}

/** Nothing to judge for so long, or as long as `for`, and the alert is over: a queue that is gone stays gone. */
export const nothingSeconds = 300
/** What was pending and not looked at for longer begins anew, as with Prometheus: nobody knows what was in between. */
export const mostUnseenSeconds = 3600

/** The next state of one alert. It fires when the bound is crossed for as long as `for`, and resolves when it is not for as long. */
export function step(tracked: Tracked | null, sighting: Sighting, now: number): Step {
  const {standing, row} = sighting
  if (tracked === null) return standing === 'beyond' ? beyond(begun(sighting, now), sighting, now) : nothing
  const known = {...tracked, row}
  switch (standing) {
    case 'beyond':
    case 'covered':
      return beyond(known, sighting, now)
    case 'inside':
      return inside({...known, source: sighting.source}, now)
    case 'too-few':
    case 'gone':
      return withNothing(known, standing, now)
    case 'not-watched':
      return over(known, standing)
    default:
      // Not seeing is not being well: it stays as it is.
      return {tracked, change: null, why: null}
  }
}

const nothing: Step = {tracked: null, change: null, why: null}

function begun({row, source, seen}: Sighting, now: number): Tracked {
  return {
    ...{row, source, seen, phase: 'pending', firedAt: null},
    ...{since: now, beyondAt: now, backSince: null, nothingSince: null},
  }
}

function beyond(tracked: Tracked, {source, seen}: Sighting, now: number): Step {
  const unseen = tracked.phase === 'pending' && now - tracked.beyondAt > mostUnseenSeconds * 1000
  // A clock that was set back must not keep it pending until it has caught up.
  const since = unseen ? now : Math.min(tracked.since, now)
  const next: Tracked = {
    ...{...tracked, source, seen, since},
    ...{beyondAt: now, backSince: null, nothingSince: null},
  }
  if (next.phase === 'firing' || now - since < next.row.forSeconds * 1000)
    return {tracked: next, change: null, why: null}
  return {tracked: {...next, phase: 'firing', firedAt: now}, change: 'fired', why: null}
}

function inside(tracked: Tracked, now: number): Step {
  if (tracked.phase === 'pending') return nothing
  const backSince = Math.min(tracked.backSince ?? now, now)
  if (now - backSince >= tracked.row.forSeconds * 1000) return over({...tracked, backSince}, 'back-inside')
  return {tracked: {...tracked, backSince, nothingSince: null}, change: null, why: null}
}

function withNothing(tracked: Tracked, why: 'too-few' | 'gone', now: number): Step {
  const nothingSince = Math.min(tracked.nothingSince ?? now, now)
  const patience = Math.max(nothingSeconds, tracked.row.forSeconds) * 1000
  if (now - nothingSince >= patience) return over(tracked, why)
  return {tracked: {...tracked, nothingSince}, change: null, why: null}
}

function over(tracked: Tracked, why: Resolution): Step {
  return tracked.phase === 'firing' ? {tracked, change: 'resolved', why} : nothing
}
