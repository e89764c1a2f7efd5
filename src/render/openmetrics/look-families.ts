import type {Metric, Sample} from '../../metrics/metric.ts'
import {metrics} from '../../metrics/registry.ts'
import type {FindingStatus} from '../../report/finding.ts'
import type {Report, Verdict} from '../../report/report.ts'
import type {SourceId} from '../../snapshot/reading.ts'
import {type Family, type GaugePoint, prefix} from './family.ts'

/** Queues, nodes or containers that are told by name; the rest of a count is told together. */
const mostNamed = 100
const otherName = '(other)'

/** As the exit codes have it; advice is well. */
const verdicts: Record<Verdict, number> = {ok: 0, warning: 1, critical: 2, unknown: 3}
/** What was not asked says nothing. */
const statuses: Record<FindingStatus, number | null> = {
  ...{pass: 0, notice: 0, warning: 1, critical: 2, unknown: 3},
  skipped: null,
}

/** What one look saw: `readAt` says of each source when it was read, in whole or in part, in epoch seconds; `null` when it could not be. */
export type Look = {
  report: Report
  readAt: ReadonlyMap<SourceId, number | null>
  seconds: number
  version: string
}

/**
 * A look as gauges. Figures of tasks are not among them: those are counters, and what is made of them a query says. What was not measured
 * is absent, and so is the total of a count that is told by name: `sum()` has it.
 */
export function lookFamilies({report, readAt, seconds, version}: Look): Family[] {
  const {findings, samples, verdict} = report
  return [
    {
      ...{name: `${prefix}build`, type: 'info', help: 'The version of hub-mon.'},
      points: [{labels: {version}}],
    },
    {
      ...{name: `${prefix}up`, type: 'gauge', help: 'Whether a source could be read: 1, or 0.'},
      points: [...readAt].map(([source, at]) => ({labels: {source}, value: at === null ? 0 : 1})),
    },
    gauge(
      'read_timestamp_seconds',
      'When a source was read; what writes down who asks is asked seldom.',
      [...readAt].flatMap(([source, at]) => (at === null ? [] : [{labels: {source}, value: at}])),
    ),
    gauge('look_duration_seconds', 'How long the look took that these figures are of.', [
      {labels: {}, value: seconds},
    ]),
    gauge('verdict', 'What doctor says of the hub: 0 well, 1 warning, 2 critical, 3 could not tell.', [
      {labels: {}, value: verdicts[verdict]},
    ]),
    gauge(
      'check_status',
      'What a check of doctor says: 0 well, 1 warning, 2 critical, 3 could not tell; absent when it was skipped.',
      findings.flatMap(({check, category, status}) => {
        const value = statuses[status]
        return value === null ? [] : [{labels: {check, category}, value}]
      }),
    ),
    ...metrics.filter(isOfTheMoment).map(metric => gauge(metric.id, metric.help, pointsOf(metric, samples))),
  ]
}

/** Counts of tasks are history's. */
export function isOfTheMoment({reads}: Pick<Metric, 'reads'>): boolean {
  return !reads.includes('history')
}

function gauge(id: string, help: string, points: GaugePoint[]): Family {
  return {name: `${prefix}${id}`, type: 'gauge', help, points}
}

function pointsOf({id, unit, summed, per: [label]}: Metric, samples: readonly Sample[]): GaugePoint[] {
  const told = samples.flatMap(({metric, labels, value}) =>
    metric === id && value !== null && Number.isFinite(value) ? [{labels, value}] : [],
  )
  const isNamed = ({labels}: GaugePoint) => Object.keys(labels).length > 0
  const named = told.filter(isNamed).sort((a, b) => b.value - a.value)
  const total = summed === true && named.length > 0 ? [] : told.filter(point => !isNamed(point))
  const rest = named.slice(mostNamed)
  // Ratios do not add up.
  const others =
    rest.length === 0 || unit !== 'count' || label === undefined
      ? []
      : [{labels: {[label]: otherName}, value: rest.reduce((sum, {value}) => sum + value, 0)}]
  return [...total, ...named.slice(0, mostNamed), ...others]
}
