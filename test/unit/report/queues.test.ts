import {describe, expect, it} from 'vitest'
import {isQuiet, queueRows} from '../../../src/report/queues.ts'
import type {CeleryFacts, Queue, WaitingSample} from '../../../src/snapshot/celery.ts'
import {healthy, node, queue} from '../../fixtures/healthy.ts'

const sample = (more: Partial<WaitingSample> = {}): WaitingSample => ({
  messages: 2,
  complete: true,
  oldest: null,
  byTask: [],
  unreadable: [],
  largestBytes: 100,
  averageBytes: 100,
  ...more,
})

function celery(queues: Queue[], more: Partial<CeleryFacts> = {}): CeleryFacts {
  const reading = healthy().sources.celery
  if (reading?.status !== 'fresh') throw new Error('no facts')
  return {...reading.value, queues, ...more}
}

const flow = (arrived: number | null, taken: number | null, ready = 100) => ({
  seconds: 2,
  ready,
  arrived,
  taken,
  headUnchanged: false,
})
const paced = (...counts: Parameters<typeof flow>) =>
  queueRows(celery([queue('q', 100, {flow: flow(...counts)})]))[0]

describe('the pace of a queue', () => {
  it.each([
    [10, 30, {inPerSecond: 5, outPerSecond: 15, trend: 'empties', drainSeconds: 10}],
    [30, 10, {inPerSecond: 15, outPerSecond: 5, trend: 'grows', drainSeconds: null}],
    [0, 0, {inPerSecond: 0, outPerSecond: 0, trend: 'steady', drainSeconds: null}],
    [8, 8, {trend: 'steady', drainSeconds: null}],
    [null, null, {inPerSecond: null, outPerSecond: null, trend: null, drainSeconds: null}],
  ])('%s in and %s out within two seconds', (arrived, taken, expected) => {
    expect(paced(arrived, taken)).toMatchObject(expected)
  })

  it('of an empty queue that empties is no time at all', () => {
    expect(paced(0, 100, 0)).toMatchObject({trend: 'empties', drainSeconds: 0})
  })
})

describe('remarks', () => {
  const remarks = (one: Queue, more: Partial<CeleryFacts> = {}) =>
    queueRows(celery([one], more))[0]?.remarks.map(({kind, text}) => `${kind}: ${text}`)

  it('tell that nobody consumes, only where something waits and that is known', () => {
    expect(remarks(queue('q', 1, {consumers: []}))).toEqual(['no-consumer: nobody consumes it'])
    expect(remarks(queue('q', 0, {consumers: []}))).toEqual([])
    expect(remarks(queue('q', 1, {consumers: null}))).toEqual([])
  })

  it('leave open that a node consumes that does not answer', () => {
    const silent = {probe: {subscribers: 2, seconds: 1}, nodes: [node('a')], silent: ['b']}
    expect(remarks(queue('q', 1, {consumers: []}), silent)).toEqual([
      'no-consumer: no node that answers consumes it',
    ])
  })

  it('tell that nobody consumes where no node is connected', () => {
    const none = {probe: {subscribers: 0, seconds: 0}, nodes: []}
    expect(remarks(queue('q', 1, {consumers: null}), none)).toEqual(['no-consumer: nobody consumes it'])
  })

  it('tell tasks that no consumer of the queue has registered', () => {
    const nodes = [node('one', {registered: 0}), node('two', {registered: 1})]
    const registered = [['a'], ['a', 'b']]
    const waiting = sample({byTask: ['a', 'b', null, 'c'].map(task => ({task, messages: 1}))})
    const of = (consumers: string[]) =>
      remarks(queue('q', 4, {consumers, sample: waiting}), {nodes, registered})
    expect(of(['one', 'two'])).toEqual(['unregistered: no consumer has registered c'])
    expect(of(['one'])).toEqual(['unregistered: no consumer has registered b, c'])
    const silent = [...nodes, node('mute', {registered: null})]
    expect(
      remarks(queue('q', 4, {consumers: ['one', 'mute'], sample: waiting}), {nodes: silent, registered}),
    ).toEqual([])
  })

  it('tell bodies in something else than JSON', () => {
    const unreadable = [{contentType: 'application/x-yaml', messages: 1}]
    expect(remarks(queue('q', 2, {sample: sample({unreadable})}))).toEqual([
      'unreadable: 1 of 2 in application/x-yaml',
    ])
  })
})

describe('the order', () => {
  it('has the worst first, then the longest', () => {
    const rows = queueRows(
      celery([
        queue('well', 0),
        queue('long', 90),
        queue('alone', 1, {consumers: []}),
        queue('growing', 3, {flow: flow(9, 1, 11)}),
      ]),
    )
    expect(rows.map(({name}) => name)).toEqual(['alone', 'growing', 'long', 'well'])
    expect(rows.map(isQuiet)).toEqual([false, false, false, true])
  })
})
