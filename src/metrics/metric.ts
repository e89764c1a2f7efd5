import type {Unit} from '../report/finding.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Bound, Snapshot} from '../snapshot/snapshot.ts'

export type Label = 'task' | 'queue' | 'node' | 'container'

/** What a metric measured once, before it is held against its bounds. */
export type Measurement = {
  labels: Partial<Record<Label, string>>
  /** In the metric's unit; `null` means that it could not be measured, never 0. */
  value: number | null
  /** The source it came from; `null` when no source could tell. */
  source: SourceId | null
  /** ISO 8601: the window's start; `null` for a figure of the moment. */
  since: string | null
  /** How many tasks or messages it rests on; `null` where that means nothing. */
  samples: number | null
  /** Its window was not seen whole. */
  incomplete?: true
  /** What a reader should know, e.g. `of the host's memory: no limit is set`. */
  note?: string
}

export type Metric = {
  /** Ends in its unit, as Prometheus has it. */
  id: string
  title: string
  help: string
  unit: Unit
  /** Labels that tell its samples apart, the most telling first; empty for a figure of the whole hub. */
  per: readonly Label[]
  /** Its sample without labels is the sum of the others. */
  summed?: true
  /** Any of these can tell it. */
  reads: readonly SourceId[]
  /** What the runbook aims at. */
  target: Bound | null
  notice?: Bound
  warning?: Bound
  critical?: Bound
  /** A ratio over fewer is not judged. */
  leastSamples?: number
  /** An alert fires when its bound is crossed for this long, in seconds; 60 when absent. */
  forSeconds?: number
  /** An alert counts the tasks of this window, in seconds; 15 minutes when absent, and never where no history is read. */
  windowSeconds?: number
  /** What an alert says where title and value would not: `Redis does not answer`. */
  alarm?: string
  /** Bounds that the hub itself gives; the configuration's still win. */
  boundsIn?: (
    snapshot: Pick<Snapshot, 'expected'>,
    labels: Measurement['labels'],
  ) => {target?: Bound; warning?: Bound}
  measure: (snapshot: Snapshot) => Measurement[]
}

export type SampleLevel = 'ok' | 'notice' | 'warning' | 'critical' | 'not-enough-data' | 'not-measured'

/** A measurement held against target and alert bounds. */
export type Sample = Measurement & {
  metric: string
  /** The metric's, e.g. `Queue depth`. */
  title: string
  unit: Unit
  target: Bound | null
  /** `null` when there is no target, no value or not enough data. */
  targetMet: boolean | null
  alerts: {notice: Bound | null; warning: Bound | null; critical: Bound | null}
  /** With fewer `samples` than this it is not judged; 0 when it always is. */
  leastSamples: number
  level: SampleLevel
}
