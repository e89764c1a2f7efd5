import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {defaultHistory} from '../../src/config/settings.ts'
import {readHistory} from '../../src/history/read.ts'
import {reachRedis} from '../../src/sources/redis/reach.ts'
import {hubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'
import {writeWeeks} from '../services/weeks.ts'

const now = Math.floor(Date.now() / 1000)
/** How many minutes an hour has so far is most of the cost: the half of an hour, whenever it is tested. */
const halfPast = Math.floor((now - 1800) / 3600) * 3600 + 1800
const names = {prefix: 'hub-mon:', place: '0'}
const few = 10_000
const many = 10_000_000
const most = 1_000_000_000
let services: RedisService[] = []

/** What reading the last week asks of a Redis, and what comes of it. */
async function costOf(redis: RedisService) {
  const reach = await reachRedis({url: redis.url, stack: Promise.resolve(null)}, new AbortController().signal)
  if (reach.kind !== 'connected') throw new Error('no connection')
  try {
    await redis.cli('CONFIG', 'RESETSTAT')
    const facts = await readHistory(reach.connection.client, names, {
      ...{window: {from: halfPast - 7 * 86_400, to: halfPast}, now: halfPast},
      resolutions: defaultHistory.buckets,
    })
    const stats = await redis.cli('INFO', 'stats', 'commandstats')
    const figure = (pattern: RegExp) => Number(pattern.exec(stats)?.[1])
    return {
      facts,
      reads: figure(/cmdstat_hgetall:calls=(\d+)/),
      bytes: figure(/total_net_output_bytes:(\d+)/),
    }
  } finally {
    await reach.close()
  }
}

beforeAll(async () => {
  services = await Promise.all([startRedis(), startRedis(), startRedis(), startRedis()])
  // The last one is for the program, whose clock is the machine's.
  for (const [place, tasksAWeek] of [few, many, most, many].entries()) {
    const {url} = services[place] as RedisService
    const reach = await reachRedis({url, stack: Promise.resolve(null)}, new AbortController().signal)
    if (reach.kind !== 'connected') throw new Error('no connection')
    await writeWeeks(reach.connection.client, names, {tasksAWeek, now: place < 3 ? halfPast : now})
    await reach.close()
  }
}, 60_000)
afterAll(async () => {
  await Promise.all(services.map(redis => redis.stop()))
})

describe('a week of history', () => {
  it('costs what its buckets cost, not what its tasks would', async () => {
    const [small, large, huge] = await Promise.all(services.slice(0, 3).map(costOf))
    if (small === undefined || large === undefined || huge === undefined)
      throw new Error('three were started')
    // Whole hours at both ends are more than asked for by less than one.
    for (const [{facts}, tasks] of [
      [small, few],
      [large, many],
      [huge, most],
    ] as const) {
      expect(facts.total.succeeded / tasks).toBeGreaterThan(0.99)
      expect(facts.total.succeeded / tasks).toBeLessThan(1.01)
      expect(facts.tasks).toHaveLength(20)
      expect(facts.coverage.complete).toBe(true)
    }
    expect(large.reads).toBe(small.reads)
    expect(huge.reads).toBe(small.reads)
    // Two weeks of hours, and the minutes of both their ends.
    expect(small.reads).toBeLessThan(800)
    // A thousand times the tasks fill the buckets of a duration that were empty, and no more than that; a hundred times more are digits.
    expect(large.bytes / small.bytes).toBeLessThan(3)
    expect(huge.bytes / large.bytes).toBeLessThan(1.5)
  })

  it('is read from a store of its own, also while the broker is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hub-mon-store-'))
    try {
      const config = join(folder, 'hub-mon.json')
      const {url} = services[3] as RedisService
      await writeFile(config, JSON.stringify({history: {store: url, name: '0'}}))
      const words = [
        'stats',
        '--since',
        '7d',
        '--redis-url',
        'redis://127.0.0.1:1/0',
        '--config',
        config,
        '--json',
      ]
      const {stdout, code} = await hubMon(words)
      expect(code).toBe(0)
      const document = JSON.parse(stdout)
      expect(complaints('stats@1', document)).toEqual([])
      expect(document.warnings).toEqual([])
      expect(document.data.history.total.succeeded / many).toBeCloseTo(1, 1)
      const {stdout: text} = await hubMon(words.slice(0, -1))
      expect(text).toContain('shop.tasks.order_19')
    } finally {
      await rm(folder, {recursive: true})
    }
  })

  it('is read around what nobody wrote so', async () => {
    const redis = services[0] as RedisService
    const before = (await costOf(redis)).facts
    const hour = Math.floor((now - 86_400) / 3600) * 3600
    const bad = [
      'r|coverage',
      '9-1,x-2,-',
      'r|missed',
      'Infinity',
      'r|["t"',
      '1;;',
      'r|',
      'x',
      'r|["q",1]',
      'NaN,1',
    ]
    await redis.cli(
      'HSET',
      `hub-mon:0:bucket:3600:${hour}`,
      ...bad,
      'r|["t","evil",{}]',
      '1,1,1,1;1e999 3:1;x',
    )
    await redis.cli('HSET', 'hub-mon:0:failures', 'a', '{"at":"x","exception":7}', 'b', 'null', 'c', '[')
    await redis.cli('HSET', 'hub-mon:0:nodes', 'a', '{"node":7}', 'b', '{"node":"n","since":"x"}')
    const {facts} = await costOf(redis)
    expect(facts.total).toEqual(before.total)
    expect(facts.coverage).toEqual(before.coverage)
    expect(facts.failures).toEqual([])
    expect(facts.nodes.map(({node}) => node)).toEqual(['n'])
  })

  it('has the curve of the week, even though the hours of it are longer than its steps could be', async () => {
    const {facts} = await costOf(services[1] as RedisService)
    const inner = facts.total.succeededCurve.slice(1, -1).map(value => value ?? 0)
    expect(inner.length).toBeGreaterThan(50)
    expect(Math.min(...inner) / Math.max(...inner)).toBeGreaterThan(0.95)
  })
})
