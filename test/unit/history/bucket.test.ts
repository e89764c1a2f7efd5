import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {
  addStored,
  addTaskBucket,
  bucketOfSum,
  decodeTaskBucket,
  encodeTaskBucket,
  outcomes,
  taskBucket,
  taskSum,
} from '../../../src/history/bucket.ts'
import {observe} from '../../../src/history/histogram.ts'

/** Added up one by one: slowly, and without a doubt. */
function addedUp(texts: readonly string[]) {
  const all = taskBucket()
  for (const text of texts) addTaskBucket(all, decodeTaskBucket(text))
  return all
}

function inSum(texts: readonly string[]) {
  const sum = taskSum()
  for (const text of texts) addStored(sum, text)
  return bucketOfSum(sum)
}

const seconds = fc.double({min: 0, max: 1e6, noNaN: true})
const written = fc
  .record({
    counts: fc.array(fc.nat({max: 1e9}), {minLength: outcomes.length, maxLength: outcomes.length}),
    runtime: fc.array(seconds),
    wait: fc.array(seconds),
  })
  .map(({counts, runtime, wait}) => {
    const bucket = taskBucket()
    for (const [place, outcome] of outcomes.entries()) bucket.counts[outcome] = counts[place] ?? 0
    for (const one of runtime) observe(bucket.runtime, one)
    for (const one of wait) observe(bucket.wait, one)
    return encodeTaskBucket(bucket)
  })

function expectSame(texts: readonly string[]) {
  const [one, other] = [inSum(texts), addedUp(texts)]
  expect(one.counts).toEqual(other.counts)
  for (const key of ['runtime', 'wait'] as const) {
    const filled = [...other[key].buckets].filter(([, many]) => many > 0)
    expect(one[key].count).toBe(other[key].count)
    expect([...one[key].buckets].sort()).toEqual(filled.sort())
    expect(one[key].sum).toBeCloseTo(other[key].sum)
  }
}

describe('stored buckets', () => {
  it('add up as quickly as one likes to what they add up to one by one', () => {
    fc.assert(fc.property(fc.array(written), expectSame))
  })

  it.each([
    [''],
    [';'],
    [';;'],
    ['1'],
    ['1,2,3;;'],
    ['x,2;;'],
    ['1,2,3,4,5,6,7,8,9,10,11;;'],
    ['1;0.5 3:1;'],
    ['1;0.5 3:1 99:4 55:1;0.5 60:1'],
    ['1;e 3:1;-5 2:1'],
    ['1;1e999 3:1;'],
    ['1;0.5 3:-1 4:x;0.5'],
    ['-1;;'],
    [`1;${'9'.repeat(400)} 3:${'9'.repeat(400)};`],
    ['1;0.5 3:1;0.5 3:1;0.5 3:1'],
  ])('that nobody wrote so (%j) count as they do one by one', text => {
    expectSame([text, '2,2;0.5 3:1;', text])
  })

  it('that are garbage never throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({unit: fc.constantFrom(...'0123456789,;: .-+e|x')})),
        texts => void inSum(texts),
      ),
    )
  })
})
