import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {bound, histogram, observe} from '../../../src/history/histogram.ts'
import {reduced, toldBounds} from '../../../src/history/reduced.ts'

describe('the bounds that are told', () => {
  it('double from 8 ms to 70 min, and are written as they are', () => {
    expect(toldBounds.map(String)).toEqual([
      ...['0.008', '0.016', '0.032', '0.064', '0.128', '0.256', '0.512', '1.024', '2.048', '4.096', '8.192'],
      ...['16.384', '32.768', '65.536', '131.072', '262.144', '524.288', '1048.576', '2097.152', '4194.304'],
    ])
  })

  it('count exactly what took as long or less, because they are bounds that were counted by', () => {
    // Middles of buckets: on a bound itself, rounding may put a duration on either side.
    const duration = fc.nat({max: 54}).map(bucket => bound(bucket) / 1.2)
    fc.assert(
      fc.property(fc.array(duration), durations => {
        const all = histogram()
        for (const one of durations) observe(all, one)
        for (const {le, count} of reduced(all))
          expect(count).toBe(durations.filter(seconds => seconds <= le).length)
      }),
    )
  })
})
