import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {CeleryFacts} from '../../src/snapshot/celery.ts'
import {Budget, findDelivered, findWaiting, mostBytes} from '../../src/sources/celery/tasks/find-task.ts'
import {readResults} from '../../src/sources/celery/tasks/results.ts'
import {readResult} from '../../src/sources/celery/tasks/task-result.ts'
import {type ConnectedReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {factsIn} from '../fixtures/broken.ts'
import {conf, healthy, node} from '../fixtures/healthy.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const never = new AbortController().signal
let redis: RedisService
let reach: ConnectedReach
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  const reached = await reachRedis({url: redis.url, stack: Promise.resolve(null)}, never)
  if (reached.kind !== 'connected') throw new Error('not connected')
  reach = reached
})
afterEach(() => reach.close())

const message = (id: string, bytes = 10) =>
  JSON.stringify({
    body: 'x'.repeat(bytes),
    'content-type': 'application/json',
    headers: {id, task: 'app.slow', argsrepr: '()'},
    properties: {},
  })
const queues = [
  {
    name: 'q',
    lists: [
      {step: 0, key: 'q'},
      {step: 3, key: 'q:3'},
    ],
  },
  {name: 'other', lists: [{step: 0, key: 'other'}]},
]
async function look(id: string) {
  const {client} = await reach.open(never, {mostBytes: 2 * mostBytes})
  return await findWaiting(client, queues, {id, showArgs: false}, new Budget())
}
/** As Celery sends them: each before the one that came earlier. */
async function send(key: string, ...messages: string[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 1000)
    await reach.connection.client.lpush(key, ...messages.slice(from, from + 1000))
}
const many = (from: number, to: number) =>
  Array.from({length: to - from}, (_, place) => message(`m${from + place}`))

describe('a waiting task', () => {
  it('has its place from the head, what is more urgent counted', async () => {
    await send('q', message('a'), message('b'))
    await send('q:3', ...many(0, 1200))
    expect((await look('a')).found?.position).toBe(1)
    expect((await look('b')).found?.position).toBe(2)
    expect((await look('m0')).found).toMatchObject({queue: 'q', step: 3, position: 3})
    expect((await look('m1199')).found).toMatchObject({position: 1202, message: {task: 'app.slow'}})
  })

  it('is looked for among the first 10,000, and how far is said', async () => {
    await send('q', ...many(0, 10_500))
    await send('other', message('beside'))
    const {found, looked} = await look('m10400')
    expect(found).toBeNull()
    expect(looked).toEqual([
      {queue: 'q', looked: 10_000, of: 10_500},
      {queue: 'other', looked: 1, of: 1},
    ])
    expect((await look('m9999')).found?.position).toBe(10_000)
    // A long queue does not stand in front of a short one.
    expect((await look('beside')).found).toMatchObject({queue: 'other', position: 1})
  })

  it('is looked for in few of many long messages', async () => {
    await send('q', ...Array.from({length: 12}, (_, place) => message(`big${place}`, 8_000_000)))
    const {found, looked} = await look('nobody')
    expect(found).toBeNull()
    expect(looked[0]?.looked).toBeGreaterThan(2)
    expect(looked[0]?.looked).toBeLessThan(10)
  })

  it('is not there where there is no list, or something else stands', async () => {
    await redis.cli('SET', 'q', 'text')
    expect(await look('a')).toEqual({found: null, looked: []})
  })
})

describe('a delivered task', () => {
  const names = {database: 0, prefix: '', control: 'celery', channelPrefix: '/0.', separator: '\x06\x16'}
  const delivered = (id: string) =>
    findDelivered(reach.connection.client, names, {id, showArgs: false}, new Budget())

  it('is found by its id, with when it was delivered', async () => {
    await redis.cli('HSET', 'unacked', 'tag-1', `[${message('a')},"","q"]`, 'tag-2', 'nonsense')
    await redis.cli('ZADD', 'unacked_index', '1795345735.5', 'tag-1')
    expect((await delivered('a')).found).toMatchObject({
      deliveredAt: '2026-11-22T11:08:55.500Z',
      message: {task: 'app.slow'},
    })
    expect(await delivered('b')).toEqual({found: null, looked: 2, of: 2})
    await redis.cli('DEL', 'unacked_index')
    expect((await delivered('a')).found?.deliveredAt).toBeNull()
  })

  it('is not there where nothing is, or something else stands', async () => {
    expect(await delivered('a')).toEqual({found: null, looked: 0, of: 0})
    await redis.cli('SET', 'unacked', 'text')
    expect(await delivered('a')).toEqual({found: null, looked: 0, of: null})
  })
})

describe('a result', () => {
  const stored = JSON.stringify({status: 'SUCCESS', result: 1, traceback: null, children: [], task_id: 'a'})
  const celery = (database: number, resultKeyPrefix: string | null = null): CeleryFacts => ({
    ...factsIn(healthy(), 'celery'),
    nodes: [
      node('a', {conf: conf({resultBackend: `${redis.url.slice(0, -1)}${database}`, resultKeyPrefix})}),
    ],
  })
  const read = (id: string, facts: CeleryFacts) =>
    readResult(reach, facts, {id, showArgs: false, passive: false}, never)

  it.each([
    ['', null],
    ['res:', 'res:'],
    ['res_', 'res'],
  ])('stands in the database of the nodes, its key behind %j', async (written, prefix) => {
    await redis.cli('-n', '4', 'SET', `${written}celery-task-meta-a`, stored, 'EX', '100')
    const {result, results} = await read('a', celery(4, prefix))
    expect(result).toMatchObject({database: 4, state: 'SUCCESS', expiresInSeconds: expect.any(Number)})
    expect(results).toEqual({databases: [4], whyNot: null})
    expect((await read('*', celery(4, prefix))).result).toBeNull()
  })

  it('that is too long is known by its beginning', async () => {
    const long = JSON.stringify({status: 'FAILURE', result: 'x'.repeat(5_000_000)}).replace(':', ': ')
    await reach.connection.client.set('celery-task-meta-long', long)
    const {result} = await read('long', celery(0))
    expect(result).toMatchObject({
      state: 'FAILURE',
      unreadable: 'it is too long to be read',
      expiresInSeconds: null,
    })
  })

  it('that is kept elsewhere is not looked for, and that is said', async () => {
    const facts = celery(0)
    facts.nodes = [node('a', {conf: conf({resultBackend: 'db+postgresql://host/x'})})]
    expect((await read('a', facts)).results.whyNot).toContain('elsewhere')
  })

  it('stays for ever or goes by itself: a look at 100 of them', async () => {
    for (const [place, life] of [...Array(120).keys()].map(
      number => [number, number % 3 === 0 ? [] : ['EX', '99']] as const,
    ))
      await reach.connection.client.call('SET', `celery-task-meta-${place}`, stored, ...life)
    const {value} = await readResults(reach, null, never)
    expect(value).toMatchObject({database: 0, sampled: 120, expiry: {looked: 100}})
    expect(value.expiry?.withoutExpiry).toBeGreaterThan(15)
    expect(value.expiry?.withoutExpiry).toBeLessThan(41)
  })
})
