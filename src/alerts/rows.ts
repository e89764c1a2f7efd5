import {type Terms, termsOf} from '../metrics/evaluate.ts'
import type {Label, Metric} from '../metrics/metric.ts'
import {metrics as registry} from '../metrics/registry.ts'
import type {Bound, Snapshot} from '../snapshot/snapshot.ts'

/** Advice (`notice`) wakes nobody: a notice raises no alert. */
export const alertSeverities = ['critical', 'warning'] as const
export type AlertSeverity = (typeof alertSeverities)[number]

export type Labels = Partial<Record<Label, string>>

/** When an alert fires: a metric's bound, for how long it is crossed, and over which window tasks are counted. */
export type AlertRow = {
  /** `queue_messages.warning`, with its labels where it is for some alone: `queue_messages.warning{queue="reports"}`. */
  id: string
  /** Of all rows of a metric, as Prometheus and Alertmanager have it: `QueueMessages`. */
  name: string
  metric: string
  /** The metric's, e.g. `Queue depth`. */
  title: string
  severity: AlertSeverity
  bound: Bound
  /** Crossed this long it fires; back inside this long it resolves. */
  forSeconds: number
  /** Of which tasks are counted; `null` for a figure of the moment. */
  windowSeconds: number | null
  /** Over fewer nothing is judged; 0 when always. */
  leastSamples: number
  /** What it is for alone; empty for all that no other row of the metric is for. */
  labels: Labels
  /** What it is not for, because the configuration has terms of their own for it, or none. */
  except: Labels[]
}

type Expecting = Pick<Snapshot, 'expected'>

/** Every row in force, the registry's order, critical first; those for some alone follow those for all. */
export function alertRows(snapshot: Expecting, metrics: readonly Metric[] = registry): AlertRow[] {
  return metrics.flatMap(metric => {
    const special = ownTerms(metric, snapshot)
    return [
      ...rowsFor(metric, {}, snapshot).map(row => ({...row, except: special})),
      ...special.flatMap(labels => rowsFor(metric, labels, snapshot)),
    ]
  })
}

/** The rows that judge a sample with these labels: one a severity at most, critical first. */
export function rowsFor(metric: Metric, labels: Labels, snapshot: Expecting): AlertRow[] {
  const terms = termsOf(metric, labels, snapshot)
  return alertSeverities.flatMap(severity => {
    const bound = terms[severity]
    return bound === null ? [] : [rowOf(metric, {severity, bound, labels, terms})]
  })
}

function rowOf(
  {id, title}: Metric,
  {
    severity,
    bound,
    labels,
    terms: {forSeconds, windowSeconds, leastSamples},
  }: {severity: AlertSeverity; bound: Bound; labels: Labels; terms: Terms},
): AlertRow {
  return {
    id: `${id}.${severity}${inBraces(labels)}`,
    name: nameOf(id),
    metric: id,
    title,
    ...{severity, bound, forSeconds, windowSeconds, leastSamples, labels},
    except: [],
  }
}

/** Labels for which the configuration has terms of their own, each once. */
function ownTerms({id}: Metric, {expected}: Expecting): Labels[] {
  const own = expected.bounds.flatMap(({metric, labels}) =>
    metric === id && labels !== undefined && Object.keys(labels).length > 0 ? [labels] : [],
  )
  return [...new Map(own.map(labels => [inBraces(labels), labels])).values()]
}

/** `{queue="reports"}`, in one order whatever that of the labels; nothing where there are none. */
export function inBraces(labels: Labels): string {
  const parts = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** `queue_messages`: `QueueMessages`. */
function nameOf(metric: string): string {
  return metric.replace(/(?:^|_)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
