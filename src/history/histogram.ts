/**
 * Durations in buckets whose bounds grow by the square root of two, from a millisecond to two days: a quantile read from it is
 * within its bucket of the true one, and histograms of any two spans of time add up.
 */
export type Histogram = {
  /** Bucket number → how many; bucket n holds what is longer than `bound(n - 1)` and at most `bound(n)`. */
  buckets: Map<number, number>
  count: number
  /** In seconds. */
  sum: number
}

const smallest = 0.001
const perOctave = 2
/** Two days and a little: what runs longer is counted there. */
export const lastBucket = 55

export function histogram(): Histogram {
  return {buckets: new Map(), count: 0, sum: 0}
}

/** Upper bound of a bucket, in seconds; the last one has none. */
export function bound(bucket: number): number {
  return bucket >= lastBucket ? Number.POSITIVE_INFINITY : smallest * 2 ** (bucket / perOctave)
}

export function bucketOf(seconds: number): number {
  if (!(seconds > smallest)) return 0
  return Math.min(lastBucket, Math.ceil(Math.log2(seconds / smallest) * perOctave - 1e-9))
}

/** What is no duration (negative, not a number) is not counted: clocks of two machines may disagree. */
export function observe(into: Histogram, seconds: number): void {
  if (!(seconds >= 0) || seconds === Number.POSITIVE_INFINITY) return
  const bucket = bucketOf(seconds)
  into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + 1)
  into.count += 1
  into.sum += seconds
}

export function addHistogram(into: Histogram, other: Histogram): void {
  for (const [bucket, many] of other.buckets) into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + many)
  into.count += other.count
  into.sum += other.sum
}

/** The duration that a share of all stays below, interpolated within its bucket; `null` when there is none. */
export function quantile({buckets, count}: Histogram, share: number): number | null {
  if (count === 0) return null
  const rank = Math.max(share * count, Number.MIN_VALUE)
  let before = 0
  for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
    const many = buckets.get(bucket) ?? 0
    if (before + many >= rank) {
      const low = bucket === 0 ? 0 : bound(bucket - 1)
      const high = bucket >= lastBucket ? low : bound(bucket)
      return low + (high - low) * ((rank - before) / many)
    }
    before += many
  }
  return null
}

/** `sum bucket:many bucket:many`; empty for an empty one. */
export function encodeHistogram({buckets, count, sum}: Histogram): string {
  if (count === 0) return ''
  const pairs = [...buckets].sort(([a], [b]) => a - b).map(([bucket, many]) => `${bucket}:${many}`)
  return `${Number(sum.toPrecision(9))} ${pairs.join(' ')}`
}

/** What cannot be read is left out: never throws. */
export function decodeHistogram(text: string): Histogram {
  const into = histogram()
  if (text === '') return into
  const [sum, ...pairs] = text.split(' ')
  for (const pair of pairs) {
    const [bucket, many] = pair.split(':').map(Number)
    if (!isCount(bucket) || !isCount(many) || bucket > lastBucket) continue
    into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + many)
    into.count += many
  }
  const seconds = Number(sum)
  into.sum = Number.isFinite(seconds) ? Math.max(0, seconds) : 0
  return into
}

/** A histogram that very many stored ones are added up in: `many` has a place a bucket. */
export type HistogramSum = {many: Float64Array; sum: number}

export function histogramSum(): HistogramSum {
  return {many: new Float64Array(lastBucket + 1), sum: 0}
}

export function histogramOf({many, sum}: HistogramSum): Histogram {
  const buckets = new Map([...many.entries()].filter(([, number]) => number > 0))
  return {buckets, count: many.reduce((all, number) => all + number, 0), sum}
}

export function addToSum(into: HistogramSum, {buckets, sum}: Histogram): void {
  for (const [bucket, number] of buckets) into.many[bucket] = (into.many[bucket] ?? 0) + number
  into.sum += sum
}

const [zero, colon] = [48, 58]

/** Adds a stored one, which stands well formed between two places of a text, digit by digit. */
export function addStoredHistogram(into: HistogramSum, text: string, from: number, to: number): void {
  const space = text.indexOf(' ', from)
  if (from >= to || space < 0) return
  const {many} = into
  const seconds = Number(text.slice(from, space))
  into.sum += Number.isFinite(seconds) ? Math.max(0, seconds) : 0
  let [bucket, number] = [0, 0]
  for (let at = space + 1; at < to; at += 1) {
    const code = text.charCodeAt(at)
    if (code === colon) {
      bucket = number
      number = 0
    } else if (code >= zero) number = number * 10 + code - zero
    else {
      if (bucket <= lastBucket) many[bucket] = (many[bucket] ?? 0) + number
      number = 0
    }
  }
  if (bucket <= lastBucket) many[bucket] = (many[bucket] ?? 0) + number
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
