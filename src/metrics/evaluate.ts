import type {Bound, Snapshot} from '../snapshot/snapshot.ts'
import type {Measurement, Metric, Sample, SampleLevel} from './metric.ts'

/** When a metric does not say. */
const [usualForSeconds, usualWindowSeconds] = [60, 15 * 60]

/** Measures a metric on a snapshot and holds each value against its bounds. */
export function evaluate(metric: Metric, snapshot: Snapshot): Sample[] {
  return metric.measure(snapshot).map(measurement => {
    const bounds = termsOf(metric, measurement.labels, snapshot)
    const enough = measurement.samples === null || measurement.samples >= bounds.leastSamples
    const judged = measurement.value !== null && enough ? measurement.value : null
    return {
      ...measurement,
      metric: metric.id,
      title: metric.title,
      unit: metric.unit,
      target: bounds.target,
      targetMet: judged === null || bounds.target === null ? null : isWithin(judged, bounds.target),
      alerts: {notice: bounds.notice, warning: bounds.warning, critical: bounds.critical},
      leastSamples: bounds.leastSamples,
      level: levelOf(measurement.value, enough, bounds),
    }
  })
}

export function crosses(value: number, bound: Bound): boolean {
  return 'above' in bound ? value > bound.above : value < bound.below
}

/** A target is missed by the bound itself: `above 0.95` wants more than 0.95. */
function isWithin(value: number, target: Bound): boolean {
  return 'above' in target ? value > target.above : value < target.below
}

/** By what a metric is judged, and how its alerts are told. */
export type Terms = {
  target: Bound | null
  notice: Bound | null
  warning: Bound | null
  critical: Bound | null
  leastSamples: number
  forSeconds: number
  /** `null` for a figure of the moment. */
  windowSeconds: number | null
}

/** The metric's own terms, over them the hub's, over them the configuration's; `labels` are those of one sample. */
export function termsOf(
  metric: Metric,
  labels: Measurement['labels'],
  snapshot: Pick<Snapshot, 'expected'>,
): Terms {
  const terms: Terms = {
    target: metric.target,
    notice: metric.notice ?? null,
    warning: metric.warning ?? null,
    critical: metric.critical ?? null,
    leastSamples: metric.leastSamples ?? 0,
    forSeconds: metric.forSeconds ?? usualForSeconds,
    windowSeconds: metric.windowSeconds ?? usualWindowSeconds,
    ...metric.boundsIn?.(snapshot, labels),
  }
  const matching = snapshot.expected.bounds.filter(
    override =>
      override.metric === metric.id &&
      Object.entries(override.labels ?? {}).every(
        ([label, value]) => labels[label as keyof Measurement['labels']] === value,
      ),
  )
  // Those for one label value win over those for all, wherever they stand.
  matching.sort((a, b) => Object.keys(a.labels ?? {}).length - Object.keys(b.labels ?? {}).length)
  for (const {metric: _metric, labels: _labels, ...set} of matching) Object.assign(terms, set)
  return metric.reads.includes('history') ? terms : {...terms, windowSeconds: null}
}

function levelOf(value: number | null, enough: boolean, bounds: Terms): SampleLevel {
  // 0 of 0 is no ratio, yet it is known why: nothing has happened.
  if (!enough) return 'not-enough-data'
  if (value === null) return 'not-measured'
  for (const level of ['critical', 'warning', 'notice'] as const) {
    const bound = bounds[level]
    if (bound !== null && crosses(value, bound)) return level
  }
  return 'ok'
}
