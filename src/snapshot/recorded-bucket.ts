import type {WindowFigures} from './history.ts'

/** What happened in one bucket of time, as a recorder wrote it. Plain data: for whoever takes it elsewhere. */
export type RecordedBucket = {
  /** Its start; ISO 8601. */
  from: string
  /** Its length. */
  seconds: number
  /** How much of it was seen; less than `seconds` where nobody listened. */
  coveredSeconds: number
  /** Events known to be lost in it, beside what was not seen at all. */
  missedEvents: number
  tasks: RecordedTasks[]
  queues: RecordedDepth[]
}

/** Counts of one task type in one queue. */
export type RecordedTasks = WindowFigures<RecordedDurations> & {
  /** `null`: events of tasks whose name was not seen. */
  task: string | null
  /** `null` where it was not told. */
  queue: string | null
}

/** In seconds. Quantiles are right to within a bucket, `null` when none was counted. */
export type RecordedDurations = {
  count: number
  sum: number
  p50: number | null
  p95: number | null
  p99: number | null
  /** Upper bounds, ascending, and how many fell at or below each; the rest is above the last. */
  upTo: DurationBound[]
}

/** `count` is cumulative: all that took `le` seconds or less. */
export type DurationBound = {le: number; count: number}

/** Waiting messages of a queue, by samples. */
export type RecordedDepth = {queue: string; samples: number; average: number; most: number}
