import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {
  addHistogram,
  bound,
  bucketOf,
  decodeHistogram,
  encodeHistogram,
  histogram,
  observe,
  quantile,
} from '../../../src/history/histogram.ts'

const durations = fc.array(fc.double({min: 0.002, max: 100_000, noNaN: true}), {minLength: 1, maxLength: 300})
const of = (values: readonly number[]) => {
  const made = histogram()
  for (const value of values) observe(made, value)
  return made
}

describe('a histogram', () => {
  it('holds each duration within the bounds of its bucket', () => {
    fc.assert(
      fc.property(fc.double({min: 0.001, max: 100_000, noNaN: true}), seconds => {
        const bucket = bucketOf(seconds)
        expect(seconds).toBeLessThanOrEqual(bound(bucket) * (1 + 1e-9))
        if (bucket > 0) expect(seconds).toBeGreaterThan(bound(bucket - 1) * (1 - 1e-9))
      }),
    )
  })

  it('tells quantiles to within its bucket', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
        const sorted = [...values].sort((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
        const told = quantile(of(values), share) ?? Number.NaN
        expect(told / exact).toBeGreaterThan(1 / Math.SQRT2 - 0.01)
        expect(told / exact).toBeLessThan(Math.SQRT2 + 0.01)
      }),
    )
  })

  it('adds up: two halves are the whole', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const both = of(some)
        addHistogram(both, of(others))
        const whole = of([...some, ...others])
        expect(new Map([...both.buckets].sort())).toEqual(new Map([...whole.buckets].sort()))
        expect(both.count).toBe(whole.count)
        expect(both.sum).toBeCloseTo(whole.sum, 3)
      }),
    )
  })

  it('comes back from the store as it was put there', () => {
    fc.assert(
      fc.property(durations, values => {
        const made = of(values)
        const back = decodeHistogram(encodeHistogram(made))
        expect(encodeHistogram(back)).toBe(encodeHistogram(made))
        expect(back.count).toBe(made.count)
      }),
    )
    expect(encodeHistogram(histogram())).toBe('')
    expect(decodeHistogram('')).toEqual(histogram())
  })

  it('bears with what somebody else wrote there', () => {
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void decodeHistogram(text)))
    expect(decodeHistogram('x 1:2 -1:3 4:y 99:1').count).toBe(2)
  })

  it('does not count what is no duration', () => {
    expect(of([-1, Number.NaN, Number.POSITIVE_INFINITY]).count).toBe(0)
    expect(quantile(histogram(), 0.5)).toBeNull()
    expect(of([0]).count).toBe(1)
  })
})
