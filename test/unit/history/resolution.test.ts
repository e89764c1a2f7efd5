import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {defaultHistory} from '../../../src/config/settings.ts'
import {slicesOf, startOf} from '../../../src/history/resolution.ts'

const usualResolutions = defaultHistory.buckets

const now = 1_795_400_003

/** Every second that the slices stand for, as sorted spans. */
function spans(window: {from: number; to: number}) {
  return slicesOf(window, now, usualResolutions)
    .flatMap(({resolution, starts}) => starts.map(start => [start, start + resolution.seconds] as const))
    .sort(([a], [b]) => a - b)
}

describe('the buckets of a window', () => {
  const windows = fc
    .tuple(fc.integer({min: 10, max: 90 * 86_400}), fc.integer({min: 0, max: 20 * 86_400}))
    .map(([length, ago]) => ({from: now - ago - length, to: now - ago}))
    .filter(({from}) => from > now - 89 * 86_400)

  it('cover it without a gap and without counting anything twice', () => {
    fc.assert(
      fc.property(windows, window => {
        const all = spans(window)
        expect(all[0]?.[0]).toBeLessThanOrEqual(window.from)
        expect(all.at(-1)?.[1]).toBeGreaterThanOrEqual(window.to)
        for (const [place, [, end]] of all.slice(0, -1).entries()) expect(all[place + 1]?.[0]).toBe(end)
      }),
    )
  })

  it('are kept still, and no more of them than can be read in a moment', () => {
    fc.assert(
      fc.property(windows, window => {
        const slices = slicesOf(window, now, usualResolutions)
        for (const {resolution, starts} of slices)
          for (const start of starts)
            expect(start).toBeGreaterThan(now - resolution.keepSeconds - resolution.seconds)
        expect(slices.reduce((sum, {starts}) => sum + starts.length, 0)).toBeLessThanOrEqual(4 * 720 + 2160)
      }),
    )
  })

  it('are the finest for the last quarter of an hour', () => {
    const slices = slicesOf({from: now - 900, to: now}, now, usualResolutions)
    expect(new Set(slices.map(({resolution}) => resolution.seconds))).toEqual(new Set([10]))
    expect(spans({from: now - 900, to: now})[0]?.[0]).toBe(startOf(now - 900, {seconds: 10}))
  })

  it('are hours for a week, with minutes at its ends', () => {
    const week = slicesOf({from: now - 7 * 86_400, to: now}, now, usualResolutions)
    expect(week.find(({resolution}) => resolution.seconds === 3600)?.starts.length).toBeGreaterThan(160)
    expect(week.reduce((sum, {starts}) => sum + starts.length, 0)).toBeLessThan(400)
  })

  it('have one length each', () => {
    expect(usualResolutions.map(({seconds}) => seconds)).toEqual([10, 60, 3600])
  })
})
