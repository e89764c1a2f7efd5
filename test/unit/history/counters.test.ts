import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {taskBucket} from '../../../src/history/bucket.ts'
import {Counters} from '../../../src/history/counters.ts'
import {observe} from '../../../src/history/histogram.ts'
import type {StoredBucket} from '../../../src/history/stored-bucket.ts'

function bucket(
  start: number,
  tasks: Record<string, number>,
  more: Partial<StoredBucket> = {},
): StoredBucket {
  return {
    ...{start, seconds: 10, coveredSeconds: 0, missedEvents: 0, depths: []},
    tasks: Object.entries(tasks).map(([task, succeeded]) => {
      const figures = taskBucket()
      figures.counts.succeeded = succeeded
      for (let nth = 0; nth < succeeded; nth += 1) observe(figures.runtime, 0.5)
      return {series: {of: 'task', task, queue: 'q'}, figures}
    }),
    ...more,
  }
}

/** Told twice: what is new is nought the first time. */
function told(counters: Counters): Record<string, [number, number, number]> {
  counters.tell()
  return Object.fromEntries(
    counters
      .tell()
      .tasks.map(({task, figures}) => [
        task,
        [figures.counts.succeeded, figures.runtime.count, figures.runtime.sum],
      ]),
  )
}

describe('counters', () => {
  it('begin with nothing, whatever there was, and count what comes', () => {
    const counters = new Counters(10)
    counters.know([bucket(0, {old: 7})], 100)
    counters.take([bucket(90, {a: 5}, {coveredSeconds: 8, missedEvents: 3})], 100)
    expect(told(counters)).toEqual({old: [0, 0, 0], a: [0, 0, 0]})
    counters.take(
      [bucket(90, {a: 7}, {coveredSeconds: 10, missedEvents: 3}), bucket(100, {a: 1}, {coveredSeconds: 2})],
      102,
    )
    expect(told(counters)).toEqual({old: [0, 0, 0], a: [3, 3, 1.5]})
    expect(counters.tell()).toMatchObject({since: 100, coveredSeconds: 4, missedEvents: 0})
  })

  it('tell a series that is new as nought once, and never one that was there', () => {
    const counters = new Counters(10)
    counters.take([bucket(90, {a: 5})], 100)
    counters.tell()
    counters.take([bucket(90, {a: 6, b: 4})], 110)
    expect(
      counters.tell().tasks.map(({task, created, figures}) => [task, created, figures.counts.succeeded]),
    ).toEqual([
      ['a', 100, 1],
      ['b', 110, 0],
    ])
    expect(counters.tell().tasks.map(({figures}) => figures.counts.succeeded)).toEqual([1, 4])
  })

  it('count nothing again that a store had lost', () => {
    const counters = new Counters(10)
    counters.take([], 100)
    counters.take([bucket(100, {a: 5})], 105)
    counters.take([bucket(100, {})], 106)
    counters.take([bucket(100, {a: 2})], 107)
    counters.take([bucket(100, {a: 6})], 108)
    expect(told(counters)).toEqual({a: [6, 6, 3]})
  })

  it('count what comes beyond their room under one name', () => {
    const counters = new Counters(2)
    counters.take([], 100)
    counters.take([bucket(100, {a: 1, b: 2, c: 3, d: 4})], 105)
    counters.take([bucket(100, {a: 1, b: 2, c: 4, d: 4})], 106)
    expect(Object.entries(told(counters))).toEqual([
      ['a', [1, 1, 0.5]],
      ['b', [2, 2, 1]],
      ['(other)', [8, 8, 4]],
    ])
  })

  it('never go down, and come to what was written, however often and in whatever pieces it is read', () => {
    const steps = fc.array(fc.tuple(fc.nat({max: 3}), fc.nat({max: 5}), fc.boolean()), {maxLength: 40})
    fc.assert(
      fc.property(steps, all => {
        const counters = new Counters(10)
        counters.take([], 0)
        const written = [0, 0, 0, 0]
        let before = 0
        for (const [place, more, lost] of all) {
          written[place] = (written[place] ?? 0) + more
          const read = written.map((many, nth) => bucket(nth * 10, {a: lost ? Math.floor(many / 2) : many}))
          counters.take(read, 1)
          const now = told(counters).a?.[0] ?? 0
          expect(now).toBeGreaterThanOrEqual(before)
          before = now
        }
        counters.take(
          written.map((many, nth) => bucket(nth * 10, {a: many})),
          2,
        )
        expect(told(counters).a?.[0] ?? 0).toBe(written.reduce((sum, many) => sum + many, 0))
      }),
    )
  })
})
