import {describe, expect, it} from 'vitest'
import {encodeTaskBucket, taskBucket} from '../../../src/history/bucket.ts'
import {wholeBuckets} from '../../../src/history/recorded-buckets.ts'
import {seriesKey} from '../../../src/history/series.ts'
import {storedBucket} from '../../../src/history/stored-bucket.ts'

const tasks = (succeeded: number) => {
  const bucket = taskBucket()
  bucket.counts.succeeded = succeeded
  return encodeTaskBucket(bucket)
}
const key = seriesKey({of: 'task', task: 'a', queue: 'q'})

describe('a stored bucket', () => {
  it('adds up what several runs wrote, and joins what they saw', () => {
    const bucket = storedBucket(
      {
        [`r1|${key}`]: tasks(2),
        [`r2|${key}`]: tasks(3),
        'r1|coverage': '0-4000',
        'r2|coverage': '3000-5000,9000-12000',
        'r1|missed': '1',
        'r2|missed': '2',
        'r1|["q","q"]': '2,6,5',
        'r1|["n","node"]': tasks(9),
      },
      100,
      10,
    )
    // Ends with the bucket, whatever a run says.
    expect(bucket).toMatchObject({start: 100, coveredSeconds: 6, missedEvents: 3})
    expect(bucket.tasks).toEqual([
      {
        series: {of: 'task', task: 'a', queue: 'q'},
        figures: expect.objectContaining({counts: expect.objectContaining({succeeded: 5})}),
      },
    ])
    expect(bucket.depths).toEqual([{queue: 'q', figures: {samples: 2, sum: 6, most: 5}}])
  })

  it('reads around what nobody wrote so', () => {
    const hash = {
      '': 'x',
      'r|': 'x',
      'r|["t"': '1;;',
      'r|["t",{}]': '1;;',
      'r|["q",1]': 'NaN,1',
      'r|coverage': '9-1,-',
      'r|missed': '1e9',
    }
    expect(storedBucket(hash, 0, 10)).toEqual({
      start: 0,
      seconds: 10,
      coveredSeconds: 0,
      missedEvents: 0,
      tasks: [],
      depths: [],
    })
  })
})

describe('whole buckets', () => {
  const minute = {seconds: 60, keepSeconds: 7200}
  it.each([
    ['of a window between bounds', {from: 61, to: 299}, 1000, [120, 180]],
    ['of one on bounds', {from: 60, to: 240}, 1000, [60, 120, 180]],
    ['that are written', {from: 60, to: 240}, 244, [60, 120]],
    ['none', {from: 61, to: 179}, 1000, []],
  ])('%s', (_what, window, now, starts) => {
    expect(wholeBuckets(window, now, minute)).toEqual(starts)
  })
})
