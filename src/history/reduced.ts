import type {DurationBound} from '../snapshot/recorded-bucket.ts'
import {bound, type Histogram} from './histogram.ts'

/** Every second bound is a doubling: from 8 ms (bucket 6) to 70 minutes (bucket 44). */
const [first, last, step] = [6, 44, 2]

/** The bounds that are told outside, in seconds: 0.008, 0.016, … 4194.304. */
export const toldBounds: readonly number[] = Array.from(
  {length: (last - first) / step + 1},
  // As they are written: without the last digits of a power's rounding.
  (_, nth) => Number(bound(first + nth * step).toPrecision(9)),
)

/** A histogram by twenty fixed bounds instead of fifty-five: exact, because each of them is one of those that were counted by. */
export function reduced({buckets}: Pick<Histogram, 'buckets'>): DurationBound[] {
  const upTo = toldBounds.map(le => ({le, count: 0}))
  for (const [bucket, many] of buckets)
    for (const [nth, bound] of upTo.entries()) if (bucket <= first + nth * step) bound.count += many
  return upTo
}
