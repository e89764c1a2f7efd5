import {crosses} from '../metrics/evaluate.ts'
import {unreadOf} from '../report/build.ts'
import type {Report, Verdict} from '../report/report.ts'
import {isBrokerUnread} from '../report/stats-verdict.ts'
import type {HistoryFacts} from '../snapshot/history.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Target} from '../snapshot/snapshot.ts'
import {describer} from './describe.ts'
import {type Judged, judgeRows, type Look, unjudgedRows} from './judge.ts'
import type {Tracked} from './machine.ts'
import {type AlertDocument, documentOf} from './notification.ts'
import {type AlertRow, alertRows, alertSeverities} from './rows.ts'
import {type AlertState, isFresh} from './state.ts'

/** An alert as it is now. */
export type AlertNow = AlertDocument & {
  state: 'firing' | 'pending'
  /** ISO 8601: fires, and has been back inside its bound since then; `null` while it is not. */
  backSince: string | null
}

/** What fires now, and what could not be judged. */
export type AlertsNow = {
  verdict: Verdict
  takenAt: string
  target: Target
  /** The follower whose word it is since when, and whether for long enough; `null` where nobody follows: then all that is beyond its bound fires. */
  follower: {lookedAt: string; everySeconds: number} | null
  /** Those that fire first, critical before warning, the oldest first. */
  alerts: AlertNow[]
  /** How many rows there are, those for some alone included. */
  rows: number
  unjudged: {row: AlertRow; why: string}[]
  /** Whether tasks are judged of a window; false where nobody records. */
  windows: boolean
  unread: Report['unread']
}

/** What fires by one look, and by what a follower remembers. */
export function alertsNow(look: Look, kept: AlertState | null, now: number): AlertsNow {
  const state = kept !== null && isFresh(kept, now) ? kept : null
  const judged = judgeRows(look)
  const alerts = state === null ? byLook(look, judged) : byFollower(look, judged, state)
  const unread = unreadOf(look.now)
  return {
    verdict: verdictOf(alerts, judged, unread),
    takenAt: look.now.takenAt,
    target: look.now.target,
    follower:
      state === null || state.lookedAt === null
        ? null
        : {lookedAt: new Date(state.lookedAt).toISOString(), everySeconds: state.everySeconds},
    alerts: alerts.sort((a, b) => place(a) - place(b) || ((a.since ?? '') < (b.since ?? '') ? -1 : 1)),
    rows: alertRows(look.now).length,
    unjudged: unjudgedRows(look, judged),
    windows: look.windows !== null,
    unread,
  }
}

function place({state, severity}: AlertNow): number {
  return (state === 'firing' ? 0 : 10) + alertSeverities.indexOf(severity)
}

/** Nobody has looked before: whether it has been so for long enough is not known, so what is beyond its bound fires. */
function byLook(look: Look, judged: readonly Judged[]): AlertNow[] {
  const describe = describer(look)
  return judged
    .filter(({standing}) => standing === 'beyond')
    .map(one => ({
      ...documentOf({row: one.row, seen: describe(one), since: sinceIn(historyOf(look), one), firedAt: null}),
      ...{state: 'firing', backSince: null},
    }))
}

function byFollower(look: Look, judged: readonly Judged[], {alerts}: AlertState): AlertNow[] {
  const describe = describer(look)
  const known = new Map(alerts.map(alert => [alert.row.id, alert]))
  const beyond = judged.filter(({standing}) => standing === 'beyond' || standing === 'covered')
  const seen = new Map(beyond.map(one => [one.row.id, one]))
  const measured = new Set(judged.filter(({standing}) => standing === 'inside').map(({row}) => row.id))
  const remembered = alerts
    .filter(({row, phase}) => phase === 'firing' || !measured.has(row.id))
    .map(alert => {
      const one = seen.get(alert.row.id)
      return asNow(one === undefined ? alert : {...alert, row: one.row, seen: describe(one)})
    })
  const fresh = beyond
    .filter(({row, standing}) => standing === 'beyond' && !known.has(row.id))
    .map(
      (one): AlertNow => ({
        ...documentOf({row: one.row, seen: describe(one), since: null, firedAt: null}),
        ...{state: 'pending', backSince: null},
      }),
    )
  return [...remembered, ...fresh]
}

function asNow(alert: Tracked): AlertNow {
  return {
    ...documentOf(alert),
    state: alert.phase,
    backSince: alert.backSince === null ? null : new Date(alert.backSince).toISOString(),
  }
}

function verdictOf(
  alerts: readonly AlertNow[],
  judged: readonly Judged[],
  unread: Report['unread'],
): Verdict {
  const firing = alerts.filter(({state}) => state === 'firing')
  if (firing.some(({severity}) => severity === 'critical')) return 'critical'
  const isBlind = judged.every(({standing}) => standing === 'unmeasured') || isBrokerUnread(unread)
  if (isBlind) return 'unknown'
  return firing.length > 0 ? 'warning' : 'ok'
}

/** The longest window that could be read. */
function historyOf({windows}: Look): HistoryFacts | null {
  const lengths = [...(windows?.keys() ?? [])].sort((a, b) => b - a)
  for (const length of lengths) {
    const facts = factsFrom(windows?.get(length)?.sources.history)
    if (facts !== undefined) return facts
  }
  return null
}

/** Since when it has been so, where history tells: of queues by their curve, of nodes by the last that went. In milliseconds. */
function sinceIn(history: HistoryFacts | null, {row}: Judged): number | null {
  if (history === null) return null
  if (row.metric === 'celery_nodes_online') {
    const went = history.nodes.flatMap(({online, since}) =>
      online === false && since !== null ? [Date.parse(since)] : [],
    )
    return went.length === 0 ? null : Math.max(...went)
  }
  const curve = history.queues.find(({queue}) => queue === row.labels.queue)?.depthCurve
  if (row.metric !== 'queue_messages' || curve === undefined) return null
  // Steps that nobody looked at tell nothing against it.
  let since: number | null = null
  for (let step = curve.length - 1; step >= 0; step -= 1) {
    const depth = curve[step] ?? null
    if (depth === null) continue
    if (!crosses(depth, row.bound)) break
    since = Date.parse(history.from) + step * history.stepSeconds * 1000
  }
  return since
}
