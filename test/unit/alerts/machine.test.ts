import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {Described} from '../../../src/alerts/describe.ts'
import {
  mostUnseenSeconds,
  nothingSeconds,
  type Sighting,
  type Step,
  step,
  type Tracked,
} from '../../../src/alerts/machine.ts'
import type {AlertRow} from '../../../src/alerts/rows.ts'

const row = (forSeconds: number): AlertRow => ({
  ...{id: 'queue_messages.warning{queue="a"}', name: 'QueueMessages', metric: 'queue_messages'},
  ...{title: 'Queue depth', severity: 'warning', bound: {above: 10}, forSeconds, windowSeconds: null},
  ...{leastSamples: 0, labels: {queue: 'a'}, except: []},
})
const seen = {summary: 'Queue depth of a: 11, above 10'} as Described
type Standing = Sighting['standing']

/** What happens at which second. */
function run(sightings: readonly (readonly [second: number, standing: Standing])[], forSeconds = 60) {
  const changes: string[] = []
  let tracked: Tracked | null = null
  for (const [second, standing] of sightings) {
    const next = step(tracked, {standing, row: row(forSeconds), source: 'celery', seen}, second * 1000)
    if (next.change !== null)
      changes.push(`${second} ${next.change}${next.why === null ? '' : ` ${next.why}`}`)
    tracked = next.change === 'resolved' ? null : next.tracked
  }
  return {changes, tracked}
}

describe('an alert', () => {
  it('fires after its time and not before, once', () => {
    const looks = [0, 15, 30, 45, 60, 75, 90].map(second => [second, 'beyond'] as const)
    expect(run(looks.slice(0, 4))).toMatchObject({changes: [], tracked: {phase: 'pending', since: 0}})
    expect(run(looks)).toMatchObject({
      changes: ['60 fired'],
      tracked: {phase: 'firing', since: 0, firedAt: 60_000, beyondAt: 90_000},
    })
  })

  it('fires at once where it has no time', () => {
    expect(run([[3, 'beyond']], 0).changes).toEqual(['3 fired'])
  })

  it('begins anew when the value was back inside in between', () => {
    expect(
      run([
        [0, 'beyond'],
        [30, 'inside'],
        [45, 'beyond'],
        [90, 'beyond'],
      ]).changes,
    ).toEqual([])
  })

  it('resolves after as long inside, and not when it goes to and fro', () => {
    const fired = [
      [0, 'beyond'],
      [60, 'beyond'],
    ] as const
    expect(run([...fired, [75, 'inside'], [90, 'beyond'], [105, 'inside'], [164, 'inside']]).changes).toEqual(
      ['60 fired'],
    )
    expect(run([...fired, [75, 'inside'], [134, 'inside'], [135, 'inside']]).changes).toEqual([
      '60 fired',
      '135 resolved back-inside',
    ])
  })

  it('stays as it is while nothing can be measured, however long', () => {
    const fired = [
      [0, 'beyond'],
      [60, 'beyond'],
    ] as const
    for (const standing of ['unmeasured', 'unknown'] as const) {
      expect(run([...fired, [90, standing], [90_000, standing]])).toMatchObject({
        changes: ['60 fired'],
        tracked: {phase: 'firing'},
      })
      expect(
        run([
          [0, 'beyond'],
          [60, standing],
          [120, standing],
        ]),
      ).toMatchObject({
        changes: [],
        tracked: {phase: 'pending', since: 0},
      })
    }
  })

  it('is over when its thing is gone, or too little happens, for a while', () => {
    for (const standing of ['gone', 'too-few'] as const) {
      const looks = [
        [0, 'beyond'],
        [60, 'beyond'],
        [70, standing],
        [70 + nothingSeconds - 1, standing],
      ] as const
      expect(run(looks).changes).toEqual(['60 fired'])
      expect(run([...looks, [70 + nothingSeconds, standing]]).changes).toEqual([
        '60 fired',
        `${70 + nothingSeconds} resolved ${standing}`,
      ])
      expect(
        run([
          [0, 'beyond'],
          [10, standing],
          [10 + nothingSeconds, standing],
        ]).tracked,
      ).toBeNull()
    }
  })

  it('is over at once when the configuration has no such row any more', () => {
    expect(
      run([
        [0, 'beyond'],
        [60, 'beyond'],
        [61, 'not-watched'],
      ]).changes,
    ).toEqual(['60 fired', '61 resolved not-watched'])
  })

  it('goes on over a pause, and begins anew after one that is too long', () => {
    expect(
      run([
        [0, 'beyond'],
        [mostUnseenSeconds, 'beyond'],
      ]).changes,
    ).toEqual([`${mostUnseenSeconds} fired`])
    expect(
      run([
        [0, 'beyond'],
        [mostUnseenSeconds + 1, 'beyond'],
      ]),
    ).toMatchObject({
      changes: [],
      tracked: {since: (mostUnseenSeconds + 1) * 1000},
    })
  })

  it('does not begin where a worse one of the same thing is beyond its bound, and goes on if it has', () => {
    expect(
      run([
        [0, 'covered'],
        [90, 'covered'],
      ]),
    ).toEqual({changes: [], tracked: null})
    expect(
      run([
        [0, 'beyond'],
        [60, 'covered'],
        [90, 'covered'],
      ]).changes,
    ).toEqual(['60 fired'])
  })

  it('is not kept waiting by a clock that was set back', () => {
    expect(
      run([
        [1000, 'beyond'],
        [0, 'beyond'],
        [60, 'beyond'],
      ]).changes,
    ).toEqual(['60 fired'])
  })
})

const standings: Standing[] = ['beyond', 'covered', 'inside', 'too-few', 'unmeasured', 'gone', 'unknown']
const looks = fc.array(fc.tuple(fc.integer({min: 1, max: 400}), fc.constantFrom(...standings)), {
  maxLength: 60,
})

/** Seconds since the last look, made seconds of a clock. */
function timed(steps: readonly (readonly [number, Standing])[]) {
  let second = 0
  return steps.map(([pause, standing]) => {
    second += pause
    return [second, standing] as const
  })
}

describe('whatever is seen', () => {
  it('fires and resolves by turns', () => {
    fc.assert(
      fc.property(looks, fc.integer({min: 0, max: 600}), (steps, forSeconds) => {
        const kinds = run(timed(steps), forSeconds).changes.map(change => change.split(' ')[1])
        expect(kinds).toEqual(kinds.map((_kind, place) => (place % 2 === 0 ? 'fired' : 'resolved')))
      }),
    )
  })

  it('fires only when it has been beyond its bound for as long as that takes, and was never inside meanwhile', () => {
    fc.assert(
      fc.property(looks, fc.integer({min: 1, max: 600}), (steps, forSeconds) => {
        const sightings = timed(steps)
        for (const change of run(sightings, forSeconds).changes.filter(one => one.includes('fired'))) {
          const at = Number(change.split(' ')[0])
          const before = sightings.filter(([second]) => second <= at)
          expect(before.at(-1)?.[1]).toMatch(/beyond|covered/)
          const during = before.filter(([second]) => second > at - forSeconds)
          expect(during.map(([, standing]) => standing)).not.toContain('inside')
          expect(
            before.some(([second, standing]) => second <= at - forSeconds && standing === 'beyond'),
          ).toBe(true)
        }
      }),
    )
  })

  it('is the same over a restart at any moment: state is plain JSON', () => {
    fc.assert(
      fc.property(looks, fc.integer({min: 0, max: 600}), (steps, forSeconds) => {
        let [kept, lived]: [Tracked | null, Tracked | null] = [null, null]
        for (const [second, standing] of timed(steps)) {
          const sighting = {standing, row: row(forSeconds), source: 'celery', seen} as const
          const a: Step = step(lived, sighting, second * 1000)
          const b: Step = step(kept, sighting, second * 1000)
          expect(b).toEqual(a)
          lived = a.change === 'resolved' ? null : a.tracked
          kept = JSON.parse(JSON.stringify(b.change === 'resolved' ? null : b.tracked))
        }
      }),
    )
  })
})
