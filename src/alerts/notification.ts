import {clean} from '../render/text/clean.ts'
import {commandLine} from '../render/text/shell.ts'
import type {Evidence, Unit} from '../report/finding.ts'
import type {Bound} from '../snapshot/snapshot.ts'
import type {Change} from './advance.ts'
import type {Resolution, Tracked} from './machine.ts'
import {type AlertSeverity, inBraces, type Labels} from './rows.ts'

/** What receivers are told of a change, `hub-mon/alert@1`. Keys are only ever added. */
export type Notification = {
  schema: 'hub-mon/alert@1'
  /** Of the change: a receiver that has had it already can tell. */
  id: string
  /** `test` is a sample that nothing is wrong behind. */
  event: 'fired' | 'resolved' | 'test'
  /** ISO 8601, UTC. */
  at: string
  /** Counts from 1. Beyond it, an earlier one may have arrived all the same: hub-mon was not told. */
  attempt: number
  /** Version of hub-mon. */
  tool: string
  /** Compose project, else the broker's address. */
  hub: string
  alert: AlertDocument
}

/** An alert, as receivers and `alerts --json` have it. */
export type AlertDocument = {
  /** `QueueMessages`, the same for all things of a metric. */
  name: string
  /** `queue_messages.warning{queue="emails"}`: the same as long as it is the same alert. */
  key: string
  metric: string
  title: string
  severity: AlertSeverity
  labels: Labels
  value: number | null
  unit: Unit
  bound: Bound
  /** How many tasks the value rests on. */
  samples: number | null
  forSeconds: number
  windowSeconds: number | null
  /** ISO 8601: since when the bound is crossed, when it fired, when that was over; `null` where not known, or not yet. */
  since: string | null
  firedAt: string | null
  resolvedAt: string | null
  /** Why it resolved. */
  reason: Resolution | null
  summary: string
  description: string
  evidence: {label: string; value: Evidence['value']; unit: Unit | null; bound: string | null}[]
  remedies: {text: string; kind: 'confirm' | 'cure'; command: string[] | null; line: string | null}[]
  docs: string
  check: string | null
}

export function notificationOf(
  {event, at, why, alert}: Change,
  {id, tool, hub}: {id: string; tool: string; hub: string},
): Notification {
  const resolved = event === 'resolved'
  return {
    ...{schema: 'hub-mon/alert@1', id, event, at: iso(at), attempt: 1, tool, hub},
    alert: {...documentOf(alert), resolvedAt: resolved ? iso(at) : null, reason: why},
  }
}

export function documentOf({
  row,
  seen,
  since,
  firedAt,
}: Pick<Tracked, 'row' | 'seen' | 'firedAt'> & {since: number | null}): AlertDocument {
  const {value, unit, samples, summary, description, evidence, remedies, docs, check} = seen
  return {
    ...{name: row.name, key: row.id, metric: row.metric, title: row.title, severity: row.severity},
    labels: {...row.labels},
    ...{value, unit, bound: row.bound, samples, forSeconds: row.forSeconds, windowSeconds: row.windowSeconds},
    since: since === null ? null : iso(since),
    firedAt: firedAt === null ? null : iso(firedAt),
    ...{resolvedAt: null, reason: null, summary, description},
    evidence: evidence.map(one => ({...one, unit: one.unit ?? null, bound: one.bound ?? null})),
    remedies: remedies.map(({text, kind, command}) => ({
      ...{text, kind, command: command ?? null},
      line: command === undefined ? null : commandLine(command),
    })),
    ...{docs, check},
  }
}

/** The command to type: the first cure that is one, else what looks closer; empty where there is none. */
export function runbookOf({remedies}: Pick<AlertDocument, 'remedies'>): string {
  const cure = remedies.find(({kind, line}) => kind === 'cure' && line !== null)
  const confirm = remedies.find(({kind, line}) => kind === 'confirm' && line !== null)
  return cure?.line ?? confirm?.line ?? ''
}

const reasons: Record<Resolution, string> = {
  'back-inside': 'back inside its bound',
  gone: 'there is no such thing any more',
  'too-few': 'too little happens to judge it',
  'not-watched': 'the configuration has no such alert any more',
}

export function reasonInWords(reason: Resolution | null): string {
  return reason === null ? '' : reasons[reason]
}

/** A change on one line: `2026-11-23T10:31:05.000Z critical fired RedisUp: Redis does not answer; next: hub-mon up`. */
export function lineOf({event, at, attempt, alert}: Notification): string {
  const next = event === 'fired' ? runbookOf(alert) : ''
  return clean(
    [
      `${at} ${alert.severity} ${event} ${alert.name}: ${alert.summary}`,
      ...(event === 'resolved' ? [reasonInWords(alert.reason)] : []),
      ...(next === '' ? [] : [`next: ${next}`]),
      ...(attempt > 1 ? ['may have been said before'] : []),
    ].join('; '),
  )
}

/** A sample of what a receiver will get. */
export function sampleNotification(
  about: {id: string; tool: string; hub: string},
  now: number,
): Notification {
  return {
    ...{schema: 'hub-mon/alert@1', event: 'test', at: iso(now), attempt: 1, ...about},
    alert: {
      ...{
        name: 'HubMonTest',
        key: `hub_mon_test.warning${inBraces({queue: 'example'})}`,
        metric: 'hub_mon_test',
      },
      ...{
        title: 'Test',
        severity: 'warning',
        labels: {queue: 'example'},
        value: 1,
        unit: 'count',
        bound: {above: 0},
      },
      ...{samples: null, forSeconds: 0, windowSeconds: null, since: iso(now), firedAt: iso(now)},
      ...{resolvedAt: null, reason: null},
      summary: 'This is a test of hub-mon: nothing is wrong',
      description: 'Sent by hub-mon alerts test, to see whether alerts arrive.',
      evidence: [{label: 'example', value: 1, unit: 'count', bound: 'above 0'}],
      remedies: [
        {text: 'what fires now', kind: 'confirm', command: ['hub-mon', 'alerts'], line: 'hub-mon alerts'},
      ],
      ...{docs: 'docs/alerts.md', check: null},
    },
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
