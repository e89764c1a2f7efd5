import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {defaultHistory} from '../../../src/config/settings.ts'
import {decodeDepthBucket, decodeTaskBucket, outcomes} from '../../../src/history/bucket.ts'
import {decodeCoverage, lengthOf} from '../../../src/history/coverage.ts'
import type {Event, NodeEvent, TaskEvent} from '../../../src/history/event.ts'
import {quantile} from '../../../src/history/histogram.ts'
import {
  type Cell,
  coverageField,
  missedField,
  Recording,
  type RecordingLimits,
  sharedField,
} from '../../../src/history/recording.ts'
import {seriesKey} from '../../../src/history/series.ts'
import {maskWords} from '../../../src/snapshot/mask-words.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'

const usualResolutions = defaultHistory.buckets

const start = 1_795_399_200
const recording = (more: Partial<RecordingLimits> = {}) =>
  new Recording({
    ...{resolutions: usualResolutions, mostSeries: 100, mostInFlight: 1000, mask: words => words},
    ...more,
  })

const event = (kind: TaskEvent['kind'], id: string, more: Partial<TaskEvent> = {}): TaskEvent => ({
  ...{kind, id, node: 'celery@a', timestamp: start, name: null, queue: null, runtime: null, exception: null},
  ...more,
})
const heartbeat = (processed: number, more: Partial<NodeEvent> = {}): NodeEvent => ({
  ...{kind: 'heartbeat', node: 'celery@a', pid: 7, processed, timestamp: start},
  ...more,
})

/** What a flush hands out, once it is in the store. */
function flushed(into: Recording, at: number) {
  const handedOut = into.flush(at)
  into.written()
  return handedOut
}

/** A store: whatever is written last under a name stays. */
function stored(cells: readonly Cell[], into = new Map<string, string>()) {
  for (const {resolution, start: at, field, value} of cells)
    into.set(`${resolution.seconds} ${at} ${field}`, value)
  return into
}
const add = seriesKey({of: 'task', task: 'app.add', queue: 'celery'})
const nameless = seriesKey({of: 'task', task: null, queue: null})

function aTask(into: Recording, id: string, at: number, {runtime = 0.5, wait = 0.2} = {}) {
  into.take(event('sent', id, {node: 'gen@web', name: 'app.add', queue: 'celery', timestamp: at}), at)
  into.take(event('received', id, {name: 'app.add', timestamp: at}), at)
  into.take(event('started', id, {timestamp: at + wait}), at)
  into.take(event('succeeded', id, {runtime, timestamp: at + wait + runtime}), at)
}

describe('a recording', () => {
  it('counts a task under its name and queue, though only its first events tell them', () => {
    const into = recording()
    aTask(into, 'x', start + 1)
    const store = stored(flushed(into, start + 2).cells)
    for (const {seconds} of usualResolutions) {
      const {counts, runtime, wait} = decodeTaskBucket(store.get(`${seconds} ${start} ${add}`) ?? '')
      expect(counts).toMatchObject({sent: 1, received: 1, started: 1, succeeded: 1, failed: 0})
      expect(quantile(runtime, 0.5)).toBeGreaterThan(0.3)
      expect(quantile(wait, 0.5)).toBeGreaterThan(0.1)
    }
    expect(into.inFlight).toBe(0)
  })

  it('never guesses the name of a task whose beginning it did not see', () => {
    const into = recording()
    into.take(event('succeeded', 'x', {runtime: 1}), start)
    expect(
      decodeTaskBucket(stored(flushed(into, start).cells).get(`10 ${start} ${nameless}`) ?? '').counts,
    ).toMatchObject({
      succeeded: 1,
    })
  })

  it('takes the queue from the node where that consumes one alone', () => {
    const into = recording()
    into.consumes('celery@a', 'celery')
    into.take(event('received', 'x', {name: 'app.add'}), start)
    expect(stored(flushed(into, start).cells).has(`10 ${start} ${add}`)).toBe(true)
  })

  it('stores whole values: writing twice, or again later, changes nothing', () => {
    const into = recording()
    const store = new Map<string, string>()
    for (let second = 0; second < 30; second += 1) {
      aTask(into, `x${second}`, start + second)
      const {cells} = flushed(into, start + second)
      stored(cells, store)
      stored(cells, store)
    }
    const succeeded = (seconds: number) =>
      [...store].reduce(
        (sum, [key, value]) =>
          key.startsWith(`${seconds} `) && key.endsWith(add)
            ? sum + decodeTaskBucket(value).counts.succeeded
            : sum,
        0,
      )
    expect(usualResolutions.map(({seconds}) => succeeded(seconds))).toEqual([30, 30, 30])
    expect(flushed(into, start + 30).cells).toEqual([])
  })

  it('hands out again what could not be written', () => {
    const into = recording()
    aTask(into, 'x', start)
    const first = into.flush(start + 1).cells
    expect(into.flush(start + 200).cells).toEqual(first)
    into.written()
    expect(into.flush(start + 201).cells).toEqual([])
  })

  it('begins anew with the tasks in flight, where another has counted until now', () => {
    const into = recording()
    into.take(event('sent', 'x', {name: 'app.add', queue: 'celery'}), start)
    into.begin()
    into.take(event('succeeded', 'x', {runtime: 1}), start + 1)
    const {counts} = decodeTaskBucket(stored(into.flush(start + 1).cells).get(`10 ${start} ${add}`) ?? '')
    expect(counts).toMatchObject({sent: 0, succeeded: 1})
  })

  it('says which time was covered, and only that', () => {
    const into = recording()
    const store = new Map<string, string>()
    into.covered({from: start + 1, to: start + 4})
    stored(flushed(into, start + 4).cells, store)
    into.covered({from: start + 7, to: start + 25})
    stored(flushed(into, start + 25).cells, store)
    const covered = (seconds: number) =>
      [...store]
        .filter(([key]) => key.startsWith(`${seconds} `) && key.endsWith(coverageField))
        .reduce((sum, [key, value]) => sum + lengthOf(decodeCoverage(value, Number(key.split(' ')[1]))), 0)
    for (const {seconds} of usualResolutions) expect(covered(seconds)).toBeCloseTo(21, 2)
  })

  it('tells how many events were missed, once, and exactly while the process is the same', () => {
    const into = recording()
    into.take(heartbeat(100), start)
    for (let nth = 0; nth < 7; nth += 1) into.take(event('started', `x${nth}`), start + 1)
    // Ten were begun, seven seen; the three may still be on their way.
    into.take(heartbeat(110), start + 2)
    expect(stored(flushed(into, start + 2).cells).get(`10 ${start} ${missedField}`)).toBeUndefined()
    into.take(event('started', 'late'), start + 3)
    into.take(heartbeat(110), start + 4)
    into.take(heartbeat(110), start + 6)
    expect(stored(flushed(into, start + 6).cells).get(`10 ${start} ${missedField}`)).toBe('2')
    into.take(heartbeat(3, {pid: 8}), start + 8)
    into.take(heartbeat(3, {pid: 8}), start + 9)
    expect(stored(flushed(into, start + 9).cells).get(`10 ${start} ${missedField}`)).toBeUndefined()
  })

  it('does not take events that come a moment after their heartbeat for missing', () => {
    const into = recording()
    let processed = 0
    into.take(heartbeat(0), start)
    for (let second = 1; second < 60; second += 1) {
      processed += 50
      into.take(heartbeat(processed), start + second)
      for (let nth = 0; nth < 50; nth += 1) into.take(event('started', `${second}-${nth}`), start + second)
    }
    const store = stored(flushed(into, start + 60).cells)
    expect([...store.keys()].filter(key => key.endsWith(missedField))).toEqual([])
  })

  it('bounds what it keeps: tasks in flight and names', () => {
    const into = recording({mostSeries: 10, mostInFlight: 100})
    for (let nth = 0; nth < 1000; nth += 1) {
      into.take(event('received', `x${nth}`, {name: `task.${nth}`, node: `n${nth}`}), start)
      into.take(event('started', `x${nth}`, {node: `n${nth}`}), start)
    }
    expect(into.inFlight).toBeLessThanOrEqual(100)
    const fields = flushed(into, start).cells.filter(({resolution}) => resolution.seconds === 10)
    expect(fields.length).toBeLessThanOrEqual(22)
    const all = fields.filter(({field}) => field.startsWith('["t"')).map(({value}) => decodeTaskBucket(value))
    expect(all.reduce((sum, {counts}) => sum + counts.received, 0)).toBe(1000)
    expect(all.reduce((sum, {counts}) => sum + counts.vanished, 0)).toBeGreaterThan(800)
  })

  it('goes by its own clock, whatever the nodes say and wherever time jumps', () => {
    const into = recording()
    aTask(into, 'future', start + 1)
    into.take(event('received', 'y', {name: 'app.add', timestamp: start + 1e9}), start + 2)
    into.take(event('started', 'y', {timestamp: -5}), start - 5000)
    const store = stored(flushed(into, start + 3).cells)
    expect([...new Set([...store.keys()].map(key => key.split(' ')[1]))]).toEqual([String(start)])
  })

  it.each([
    ['an hour behind', (at: number) => at - 3600],
    ['an hour ahead', (at: number) => at + 3600],
    ['a minute ahead and drifting away', (at: number) => at + 60 + (at - start) / 10],
    ['set back by daylight saving while tasks wait', (at: number) => (at > start + 5 ? at - 3600 : at)],
  ])('measures what tasks took the same where the node’s clock is %s', (_name, told) => {
    const into = recording()
    const take = (at: number, one: TaskEvent) => into.take({...one, timestamp: told(at)}, at)
    for (let nth = 0; nth < 8; nth += 1) {
      const [id, at] = [`task${nth}`, start + nth]
      into.take(event('sent', id, {node: 'gen@web', name: 'app.add', queue: 'celery', timestamp: at}), at)
      take(at + 0.01, event('received', id, {name: 'app.add'}))
      take(at + 0.4, event('started', id))
      take(at + 0.6, event('succeeded', id, {runtime: 0.2}))
    }
    const store = stored(flushed(into, start + 9).cells)
    expect([...new Set([...store.keys()].map(key => key.split(' ')[1]))]).toEqual([String(start)])
    const {counts, runtime, wait} = decodeTaskBucket(store.get(`10 ${start} ${add}`) ?? '')
    expect(counts).toMatchObject({sent: 8, received: 8, started: 8, succeeded: 8, vanished: 0})
    expect({count: runtime.count, sum: runtime.sum}).toEqual({count: 8, sum: expect.closeTo(1.6, 5)})
    expect({count: wait.count, sum: wait.sum}).toEqual({count: 8, sum: expect.closeTo(3.2, 5)})
  })

  it('keeps depths and the newest failure of each task', () => {
    const into = recording()
    into.depth('celery', 3, start)
    into.depth('celery', 9, start + 1)
    into.take(event('received', 'x', {name: 'app.add'}), start)
    into.take(event('failed', 'x', {exception: `ValueError('${'y'.repeat(500)}')`}), start + 1)
    const {cells, failures} = flushed(into, start + 2)
    expect(decodeDepthBucket(stored(cells).get(`10 ${start} ["q","celery"]`) ?? '')).toEqual({
      samples: 2,
      sum: 12,
      most: 9,
    })
    expect(failures).toEqual([expect.objectContaining({task: 'app.add', id: 'x', at: start + 1})])
    expect(failures[0]?.exception.length).toBeLessThanOrEqual(200)
  })

  it('knows nodes that come, say goodbye, and fall silent', () => {
    const into = recording()
    into.take(heartbeat(0), start)
    expect(flushed(into, start + 1).nodes).toEqual([
      expect.objectContaining({node: 'celery@a', online: true}),
    ])
    expect(flushed(into, start + 2).nodes).toEqual([])
    // Nobody listened: who was not heard may be there.
    expect(flushed(into, start + 12).nodes).toEqual([])
    into.covered({from: start, to: start + 20})
    expect(flushed(into, start + 20).nodes).toEqual([expect.objectContaining({online: false, since: start})])
    into.take(heartbeat(0), start + 21)
    into.take(heartbeat(0, {kind: 'offline'}), start + 22)
    expect(flushed(into, start + 22).nodes).toEqual([
      expect.objectContaining({online: false, since: start + 22}),
    ])
  })

  it('gives up what a node had begun when another process comes under its name, or it is gone for long', () => {
    const into = recording()
    const vanished = (at: number) =>
      decodeTaskBucket(
        stored(flushed(into, at).cells).get(
          `3600 ${start} ${seriesKey({of: 'task', task: 'app.add', queue: null})}`,
        ) ?? '',
      ).counts.vanished
    const begin = (id: string, at: number) => {
      into.take(event('received', id, {name: 'app.add'}), at)
      into.take(event('started', id), at)
    }
    into.take(heartbeat(0), start)
    begin('x', start + 1)
    into.take(event('received', 'waits', {name: 'app.add'}), start + 1)
    expect(vanished(start + 2)).toBe(0)
    into.take(heartbeat(0, {kind: 'online', pid: 8}), start + 3)
    // The one before may be heard again: then there are two of the name.
    expect(vanished(start + 4)).toBe(0)
    into.covered({from: start, to: start + 15})
    expect(vanished(start + 15)).toBe(1)
    expect(into.inFlight).toBe(1)
    begin('y', start + 16)
    into.covered({from: start, to: start + 200})
    into.covered({from: start + 250, to: start + 500})
    // Silent for long, and not all the time could it have been heard.
    expect(vanished(start + 500)).toBe(1)
    begin('z', start + 501)
    into.covered({from: start + 500, to: start + 600})
    expect(vanished(start + 600)).toBe(3)
    expect(into.inFlight).toBe(1)
  })

  it('takes the time from where the clock was set to, and claims nothing across it', () => {
    const into = recording()
    aTask(into, 'before', start + 5000)
    into.turnTo(start)
    aTask(into, 'after', start + 1)
    const store = stored(flushed(into, start + 2).cells)
    expect([...new Set([...store.keys()].map(key => key.split(' ')[1]))]).toEqual([String(start)])
    expect(decodeTaskBucket(store.get(`10 ${start} ${add}`) ?? '').counts.succeeded).toBe(1)
  })

  it('does not begin a bucket again that it has let go of', () => {
    const into = recording()
    into.covered({from: start, to: start + 10})
    flushed(into, start + 10)
    flushed(into, start + 200)
    into.covered({from: start + 5, to: start + 200})
    expect(stored(flushed(into, start + 200).cells).has(`10 ${start} ${coverageField}`)).toBe(false)
  })

  it('knows the queue and the wait of a task whose sender tells late', () => {
    const into = recording()
    into.take(event('received', 'x', {name: 'app.add'}), start)
    into.take(event('started', 'x', {timestamp: start + 0.5}), start)
    into.take(
      event('sent', 'x', {node: 'gen@web', name: 'app.add', queue: 'celery', timestamp: start}),
      start,
    )
    into.take(event('succeeded', 'x', {runtime: 1}), start + 1)
    const {counts, wait} = decodeTaskBucket(
      stored(flushed(into, start + 2).cells).get(`10 ${start} ${add}`) ?? '',
    )
    expect(counts).toMatchObject({sent: 1, succeeded: 1})
    expect(wait.count).toBe(1)
  })

  it('does not begin a task again whose sender tells after its end', () => {
    const into = recording()
    into.take(event('received', 'x', {name: 'app.add'}), start)
    into.take(event('started', 'x'), start)
    into.take(event('succeeded', 'x', {runtime: 0.01}), start)
    into.take(event('sent', 'x', {node: 'gen@web', name: 'app.add', queue: 'celery'}), start)
    expect(into.inFlight).toBe(0)
    const counts = [...stored(flushed(into, start + 1).cells)]
      .filter(([key]) => key.startsWith(`10 ${start} ["t"`))
      .map(([, value]) => decodeTaskBucket(value).counts)
    expect(counts.reduce((sum, {sent}) => sum + sent, 0)).toBe(1)
    expect(counts.reduce((sum, {succeeded}) => sum + succeeded, 0)).toBe(1)
  })

  it('adds up to what was handed in, whatever the order', () => {
    const kinds = outcomes.filter(kind => kind !== 'vanished')
    const events = fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        id: fc.constantFrom('a', 'b', 'c', '__proto__'),
        name: fc.option(fc.constantFrom('t1', '__proto__')),
        after: fc.integer({min: 0, max: 5}),
      }),
      {maxLength: 60},
    )
    fc.assert(
      fc.property(events, all => {
        const into = recording()
        const store = new Map<string, string>()
        let at = start
        for (const {kind, id, name, after} of all) {
          at += after
          into.take(event(kind, id, {name}) as Event, at)
          if (after > 3) stored(flushed(into, at).cells, store)
        }
        stored(flushed(into, at).cells, store)
        for (const {seconds} of usualResolutions)
          for (const kind of kinds) {
            const told = [...store]
              .filter(([key]) => key.startsWith(`${seconds} `) && key.includes('["t"'))
              .reduce((sum, [, value]) => sum + decodeTaskBucket(value).counts[kind], 0)
            expect(told).toBe(all.filter(one => one.kind === kind).length)
          }
      }),
    )
  })

  it('does not take what two nodes of one name have begun for vanished, and marks the window', () => {
    const into = recording()
    const marks = new Set<string>()
    into.take(heartbeat(0), start)
    into.take(event('received', 'x', {name: 'app.add'}), start + 1)
    into.take(event('started', 'x'), start + 1)
    for (let second = 2; second < 60; second += 2) {
      into.take(heartbeat(0, {pid: second % 4 === 0 ? 7 : 8}), start + second)
      into.covered({from: start, to: start + second})
      for (const {field, value} of flushed(into, start + second).cells)
        if (field === sharedField) marks.add(value)
    }
    expect([...marks]).toEqual(['["celery@a"]'])
    into.take(event('succeeded', 'x', {runtime: 1}), start + 60)
    const cells = stored(flushed(into, start + 60).cells)
    const task = seriesKey({of: 'task', task: 'app.add', queue: null})
    expect(decodeTaskBucket(cells.get(`3600 ${start} ${task}`) ?? '').counts).toMatchObject({
      ...{started: 1, succeeded: 1, vanished: 0},
    })
    expect(into.inFlight).toBe(0)
  })

  it('tells an exception without its secrets, and cut', () => {
    const secrets = new Secrets()
    secrets.add('hunter2-known')
    const into = recording({mask: words => secrets.mask(maskWords(words))})
    const exception = `OperationalError("postgres://app:pa55@db/x refused, password='s3cret', hunter2-known ${'x'.repeat(9000)}")`
    into.take(event('failed', 'x', {exception}), start)
    const [failure] = flushed(into, start + 1).failures
    expect(failure?.exception).toMatch(
      /^OperationalError\("postgres:\/\/app:\*\*\*@db\/x refused, password=\*\*\*, \*\*\* x+…$/,
    )
    expect(failure?.exception).toHaveLength(200)
  })
})
