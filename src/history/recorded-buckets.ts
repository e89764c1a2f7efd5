import type {RecordedBucket, RecordedDurations} from '../snapshot/recorded-bucket.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import type {Span} from './coverage.ts'
import {type Histogram, quantile} from './histogram.ts'
import {reduced} from './reduced.ts'
import {type Resolution, startOf} from './resolution.ts'
import type {StoreNames} from './store.ts'
import {readBuckets, type StoredBucket} from './stored-bucket.ts'

/** A recorder writes every two seconds: what ended before that is written. */
const unwrittenSeconds = 5

/** Starts of the buckets that lie wholly in a window and have been written; in epoch seconds. */
export function wholeBuckets({from, to}: Span, now: number, resolution: Resolution): number[] {
  const {seconds} = resolution
  const first = Math.ceil(from / seconds) * seconds
  const end = startOf(Math.min(to, now - unwrittenSeconds), resolution)
  return Array.from({length: Math.max(0, (end - first) / seconds)}, (_, nth) => first + nth * seconds)
}

/** Buckets as plain data, in the order of their starts; read as they are taken. */
export async function* recordedBuckets(
  client: ConnectedReach['connection']['client'],
  names: StoreNames,
  resolution: Resolution,
  starts: readonly number[],
): AsyncGenerator<RecordedBucket> {
  for await (const bucket of readBuckets(client, names, resolution, starts)) yield recorded(bucket)
}

function recorded({
  start,
  seconds,
  coveredSeconds,
  missedEvents,
  tasks,
  depths,
}: StoredBucket): RecordedBucket {
  return {
    from: new Date(start * 1000).toISOString(),
    seconds,
    // Spans are kept in milliseconds: what is short of a whole bucket by their rounding is not missing.
    coveredSeconds: seconds - coveredSeconds < 0.01 ? seconds : coveredSeconds,
    missedEvents,
    tasks: tasks
      .map(({series: {task, queue}, figures: {counts, runtime, wait}}) => ({
        ...{task, queue, ...counts},
        ...{runtime: durationsOf(runtime), wait: durationsOf(wait)},
      }))
      .sort((a, b) => byName(a.task ?? '', b.task ?? '') || byName(a.queue ?? '', b.queue ?? '')),
    queues: depths
      .filter(({figures}) => figures.samples > 0)
      .map(({queue, figures: {samples, sum, most}}) => ({queue, samples, average: sum / samples, most}))
      .sort((a, b) => byName(a.queue, b.queue)),
  }
}

function durationsOf(of: Histogram): RecordedDurations {
  return {
    ...{count: of.count, sum: of.sum, upTo: reduced(of)},
    ...{p50: quantile(of, 0.5), p95: quantile(of, 0.95), p99: quantile(of, 0.99)},
  }
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
