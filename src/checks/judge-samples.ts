import {crosses} from '../metrics/evaluate.ts'
import type {Sample} from '../metrics/metric.ts'
import {plural, quantity} from '../render/text/number.ts'
import type {Evidence, Remedy, Severity, Unit} from '../report/finding.ts'
import type {Bound} from '../snapshot/snapshot.ts'
import {fail, type Outcome, pass, skip} from './check.ts'

export type SampleWords = {
  /** What a sample is about: a queue, a task type, a container. */
  subject: (sample: Sample) => string
  /** One sample, in words: `celery holds 153 messages`. */
  say: (sample: Sample) => string
  pass: (judged: readonly Sample[]) => string
  /** For those that raise an alert, the worst first. */
  remedies: (alerting: readonly Sample[]) => Remedy[]
  evidence?: (alerting: readonly Sample[]) => Evidence[]
}

const levels = ['critical', 'warning', 'notice'] as const
const mostNamed = 3

/** Judges by the alert bounds that the samples carry: the check and the table can never disagree. */
export function judgeSamples(samples: readonly Sample[], words: SampleWords): Outcome {
  const alerting = levels.flatMap(level =>
    samples.filter(sample => sample.level === level).sort((a, b) => (b.value ?? 0) - (a.value ?? 0)),
  )
  const worst = alerting[0]
  if (worst !== undefined)
    return fail(inWords(alerting, words), {
      severity: worst.level as Severity,
      affects: [...new Set(alerting.map(words.subject))],
      evidence: [...alerting.map(sample => asEvidence(sample, words)), ...(words.evidence?.(alerting) ?? [])],
      remedies: words.remedies(alerting),
    })
  const judged = samples.filter(sample => sample.level === 'ok')
  if (judged.length > 0) return pass(words.pass(judged))
  const few = samples.find(sample => sample.level === 'not-enough-data')
  if (few !== undefined) return skip(`not enough data (${few.samples ?? 0} of ${few.leastSamples})`)
  return skip(`could not be measured: ${samples[0]?.note ?? 'no source tells it'}`)
}

function inWords(alerting: readonly Sample[], words: SampleWords): string {
  const named = alerting.slice(0, mostNamed).map(words.say).join(', ')
  const rest = alerting.length - mostNamed
  return rest > 0 ? `${named} and ${plural(rest, 'more', 'more')}` : named
}

function asEvidence(sample: Sample, words: SampleWords): Evidence {
  const held = crossed(sample)
  return {
    label: words.subject(sample),
    value: sample.value,
    unit: sample.unit,
    ...(held === null ? {} : {bound: boundInWords(held, sample.unit)}),
  }
}

function crossed({value, alerts}: Sample): Bound | null {
  if (value === null) return null
  return levels.map(level => alerts[level]).find(bound => bound !== null && crosses(value, bound)) ?? null
}

/** `above 10`, `below 1`. */
export function boundInWords(bound: Bound, unit: Unit): string {
  return 'above' in bound ? `above ${quantity(bound.above, unit)}` : `below ${quantity(bound.below, unit)}`
}
