import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {defaultHistory} from '../../src/config/settings.ts'
import type {TaskEvent} from '../../src/history/event.ts'
import {readHistory} from '../../src/history/read.ts'
import {Recording} from '../../src/history/recording.ts'
import {
  HistoryWriter,
  leaseKey,
  measureStore,
  type RecorderState,
  usualPrefix,
} from '../../src/history/store.ts'
import {type ConnectedReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const usualResolutions = defaultHistory.buckets

const names = {prefix: usualPrefix, place: '0'}
const never = new AbortController().signal
let redis: RedisService
let reaches: ConnectedReach[] = []

beforeEach(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await Promise.all(reaches.map(reach => reach.close()))
  reaches = []
  await redis.stop()
})

async function client() {
  const reach = await reachRedis({url: redis.url, stack: Promise.resolve(null)}, never)
  if (reach.kind !== 'connected') throw new Error('no connection')
  reaches.push(reach)
  return reach.connection.client
}

const now = Math.floor(Date.now() / 1000)
const start = now - 120
const state = (run: string): RecorderState => ({
  ...{run, tool: '0.1.0', host: 'h', startedAt: start, writtenAt: now, eventsPerSecond: 1, lagSeconds: 0},
  ...{
    reconnects: 0,
    missedEvents: 0,
    inFlight: 0,
    rssBytes: 1,
    storeBytes: 1,
    mostStoreBytes: 1e6,
    pausedBecause: null,
  },
})
const event = (kind: TaskEvent['kind'], id: string, more: Partial<TaskEvent> = {}): TaskEvent => ({
  ...{kind, id, node: 'celery@a', timestamp: start, name: null, queue: null, runtime: null, exception: null},
  ...more,
})

/** So many tasks a second, every tenth failing, seen without a gap. */
function record(from: number, seconds: number): Recording {
  const into = new Recording({
    resolutions: usualResolutions,
    mostSeries: 50,
    mostInFlight: 1000,
    mask: words => words,
  })
  for (let second = 0; second < seconds; second += 1) {
    const at = from + second
    for (let nth = 0; nth < 10; nth += 1) {
      const id = `${second}-${nth}`
      into.take(event('received', id, {name: 'app.add'}), at)
      into.take(event('started', id), at)
      into.take(
        nth === 0 ? event('failed', id, {exception: 'Boom()'}) : event('succeeded', id, {runtime: 0.2}),
        at,
      )
    }
    into.depth('celery', second, at)
  }
  into.covered({from, to: from + seconds})
  return into
}

const read = async (window = {from: start, to: start + 60}) =>
  readHistory(await client(), names, {window, now, resolutions: usualResolutions})

describe('a history in Redis', () => {
  it('says what was recorded, and that nothing is missing', async () => {
    const writer = new HistoryWriter(await client(), names)
    expect(await writer.lead()).toBe('after-another')
    const {cells, failures, nodes} = record(start, 60).flush(start + 60)
    expect(await writer.write({cells, failures, nodes, state: state(writer.run)})).toBe(true)
    expect(await writer.lead()).toBe('alone')
    const facts = await read()
    expect(facts.coverage).toEqual({seconds: 60, missingSeconds: 0, missedEvents: 0, complete: true})
    expect(facts.tasks).toEqual([
      expect.objectContaining({task: 'app.add', received: 600, succeeded: 540, failed: 60}),
    ])
    expect(facts.total.runtime.p50).toBeGreaterThan(0.15)
    expect(facts.total.runtime.p50).toBeLessThan(0.3)
    expect(facts.queues).toEqual([expect.objectContaining({queue: 'celery', mostDepth: 59})])
    expect(facts.failures).toEqual([expect.objectContaining({task: 'app.add', exception: 'Boom()'})])
    expect(facts.before).toBeNull()
    expect(facts.recorder).toMatchObject({host: 'h', pausedBecause: null})
    expect(facts.total.succeededCurve.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(540)
  })

  it('counts nothing twice when a flush is written again', async () => {
    const writer = new HistoryWriter(await client(), names)
    await writer.lead()
    const {cells, failures, nodes} = record(start, 60).flush(start + 60)
    for (let nth = 0; nth < 3; nth += 1)
      await writer.write({cells, failures, nodes, state: state(writer.run)})
    expect((await read()).total.succeeded).toBe(540)
  })

  it('adds up over runs, and names the gap between them', async () => {
    for (const [from, seconds] of [
      [start, 20],
      [start + 35, 25],
    ] as const) {
      const writer = new HistoryWriter(await client(), names)
      await writer.lead()
      await writer.write({...record(from, seconds).flush(from + seconds), state: state(writer.run)})
      await writer.leave()
    }
    const facts = await read()
    expect(facts.total.succeeded).toBe(45 * 9)
    expect(facts.coverage.missingSeconds).toBeCloseTo(15, 1)
    expect(facts.coverage.complete).toBe(false)
  })

  it('lets one of two recorders write, and the other one when that is gone', async () => {
    const [one, other] = [new HistoryWriter(await client(), names), new HistoryWriter(await client(), names)]
    expect(await one.lead()).toBe('after-another')
    expect(await other.lead()).toBe(false)
    const flush = record(start, 60).flush(start + 60)
    expect(await other.write({...flush, state: state(other.run)})).toBe(false)
    expect(await one.write({...flush, state: state(one.run)})).toBe(true)
    expect((await read()).total.succeeded).toBe(540)
    // As when it has not renewed it in time.
    await redis.cli('DEL', leaseKey(names))
    expect(await other.lead()).toBe('after-another')
    expect(await one.write({...flush, state: state(one.run)})).toBe(false)
    expect(await other.write({cells: [], failures: [], nodes: [], state: state(other.run)})).toBe(true)
    await other.leave()
    expect(await one.lead()).toBe('after-another')
  })

  it('leaves no key without an expiry', async () => {
    const writer = new HistoryWriter(await client(), names)
    await writer.lead()
    const recording = record(start, 60)
    await writer.write({...recording.flush(start + 60), state: state(writer.run)})
    const keys = (await redis.cli('KEYS', '*')).split('\n')
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) {
      expect(key.startsWith(usualPrefix)).toBe(true)
      expect(Number(await redis.cli('TTL', key)), key).toBeGreaterThan(0)
    }
    expect(await measureStore(await client(), names)).toBeGreaterThan(500)
  })

  it('bears with what somebody else wrote into it', async () => {
    await redis.cli(
      'HSET',
      `${usualPrefix}0:bucket:10:${Math.floor(start / 10) * 10}`,
      'x|["t","a"',
      '1',
      'y',
      'z',
      'r|coverage',
      '9-x,-',
      'r|missed',
      'NaN',
      'r|["q","c"]',
      '-',
    )
    await redis.cli('SET', `${usualPrefix}0:recorder`, 'no json')
    await redis.cli('HSET', `${usualPrefix}0:failures`, 'a', '[')
    const facts = await read()
    expect(facts.total.succeeded).toBe(0)
    expect(facts.recorder).toBeNull()
    expect(facts.coverage.missingSeconds).toBe(60)
  })
})
