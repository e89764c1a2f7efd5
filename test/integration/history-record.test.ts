import {setTimeout as pause} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {defaultHistory} from '../../src/config/settings.ts'
import {bound, bucketOf} from '../../src/history/histogram.ts'
import {readHistory} from '../../src/history/read.ts'
import type {RecorderState} from '../../src/history/store.ts'
import type {HistoryFacts} from '../../src/snapshot/history.ts'
import {type ConnectedReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {type Background, startInBackground} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const names = {prefix: 'hub-mon:', place: '0'}
const tasks = `
@app.task
def short():
    start = time.perf_counter()
    time.sleep(0.02)
    return time.perf_counter() - start

@app.task
def flaky():
    raise ValueError('boom')

@app.task(acks_late=True)
def refused():
    from celery.exceptions import Reject
    raise Reject('no', requeue=False)
`
let redis: RedisService
let app: CeleryApp
let begunAt: number
let recorders: Background[] = []

beforeAll(async () => {
  redis = await startRedis({args: ['--appendonly', 'yes']})
  app = await createCeleryApp(redis.url, redis.url, 'json', {
    conf: {task_send_sent_event: true, task_routes: {'tasks.short': {queue: 'other'}}},
    tasks,
  })
})
afterEach(async () => {
  await Promise.all(recorders.map(recorder => recorder.stop('SIGKILL')))
  recorders = []
})
afterAll(async () => {
  await app?.stop()
  await redis?.stop()
})

/** That it listens and says so is awaited: from then on nothing is missed. */
async function startRecorder(says = / writing$/m): Promise<Background> {
  const before = await listening()
  const recorder = await startInBackground(['record', '--redis-url', redis.url], says)
  recorders.push(recorder)
  await until('a subscription', 20, async () => (await listening()) > before)
  return recorder
}

/** Recorders alone listen to two patterns. */
async function listening(): Promise<number> {
  const clients = await redis.cli('CLIENT', 'LIST', 'TYPE', 'pubsub')
  return clients.split('\n').filter(line => line.includes(' psub=2 ')).length
}

async function client<T>(use: (client: ConnectedReach['connection']['client']) => Promise<T>): Promise<T> {
  const reach = await reachRedis({url: redis.url, stack: Promise.resolve(null)}, new AbortController().signal)
  if (reach.kind !== 'connected') throw new Error('no connection')
  try {
    return await use(reach.connection.client)
  } finally {
    await reach.close()
  }
}

const clock = () => Date.now() / 1000

async function read(from: number, to = clock()): Promise<HistoryFacts> {
  const question = {window: {from, to}, now: clock() + 60, resolutions: defaultHistory.buckets}
  return await client(connection => readHistory(connection, names, question))
}

async function state(): Promise<RecorderState> {
  return JSON.parse(
    await until('its own word', 20, async () => (await redis.cli('GET', 'hub-mon:0:recorder')) || null),
  )
}

/** What is recorded since then, as soon as it is so. */
const recorded = (what: string, from: number, is: (facts: HistoryFacts) => boolean, seconds = 20) =>
  until(what, seconds, async () => {
    const facts = await read(from)
    return is(facts) && facts
  })

/** Runs Python that has the tasks; what it prints. */
async function run(code: string): Promise<string> {
  return await app.python(`from tasks import *\n${code}`)
}

/** Buckets add up, and a window begins with one: what is new is what is more than there was. */
async function sofar() {
  const {total, coverage} = await read(begunAt)
  return {from: clock(), before: {succeeded: total.succeeded, missed: coverage.missedEvents}}
}

const of = (facts: HistoryFacts, task: string) => facts.tasks.find(one => one.task === task)

describe('a recorder of real workers', () => {
  it('counts a known mix exactly, with runtimes right to within a bucket', async () => {
    const recorder = await startRecorder()
    const {process: node} = await app.worker('-E', '-c', '2', '-n', 'a@test', '-Q', 'celery')
    await app.worker('-E', '-c', '1', '-n', 'b@test', '-Q', 'other')
    // From a moment on that was covered.
    begunAt = await until('coverage', 20, async () => {
      const now = clock()
      return (await read(now - 2, now - 1)).coverage.complete && now - 1
    })
    const from = clock()
    const ids = JSON.stringify(
      Array.from({length: 10}, (_, nth) => `00000000-0000-4000-8000-00000000000${nth}`),
    )
    await run(`app.control.revoke(${ids}, reply=True, timeout=5, limit=2)`)
    // A node that refuses a task tells no name: its sender must have told it before.
    node.kill('SIGSTOP')
    await run(`for id in ${ids}: add.apply_async((1, 1), task_id=id)`)
    node.kill('SIGCONT')
    const printed = await run(`
for n in range(1600): add.delay(n, n)
shorts = [short.delay() for n in range(150)]
for n in range(120): flaky.delay()
for n in range(80): again.delay()
for n in range(40): refused.delay()
print(json.dumps([one.get(timeout=30) for one in shorts]))
`)
    const facts = await recorded(
      '2,000 ends, and the word of each sender, which may come after them',
      begunAt,
      ({total: {sent, succeeded, failed, revoked, rejected}}) =>
        succeeded + failed + revoked + rejected === 2000 && sent === 2080,
      40,
    )
    expect(of(facts, 'tasks.add')).toMatchObject({
      ...{sent: 1610, received: 1600, started: 1600, succeeded: 1600, failed: 0, retried: 0, revoked: 10},
      queues: ['celery'],
    })
    expect(of(facts, 'tasks.short')).toMatchObject({
      sent: 150,
      received: 150,
      started: 150,
      succeeded: 150,
      queues: ['other'],
    })
    expect(of(facts, 'tasks.flaky')).toMatchObject({sent: 120, started: 120, succeeded: 0, failed: 120})
    expect(of(facts, 'tasks.again')).toMatchObject({
      sent: 160,
      received: 160,
      started: 160,
      succeeded: 80,
      retried: 80,
    })
    expect(of(facts, 'tasks.refused')).toMatchObject({
      sent: 40,
      started: 40,
      succeeded: 0,
      failed: 0,
      rejected: 40,
    })
    expect(facts.total).toMatchObject({succeeded: 1830, failed: 120, rejected: 40, vanished: 0})
    expect(facts.tasks).toHaveLength(5)
    expect(facts.nodes).toEqual([
      expect.objectContaining({node: 'a@test', online: true, succeeded: 1680, failed: 120}),
      expect.objectContaining({node: 'b@test', online: true, succeeded: 150}),
    ])
    // Each of these tasks gives what it took as its result; the node measures a little around it.
    const took = (JSON.parse(printed) as number[]).sort((a, b) => a - b)
    const {runtime, wait} = of(facts, 'tasks.short') as NonNullable<ReturnType<typeof of>>
    expect(runtime.count).toBe(took.length)
    for (const [recorded, share] of [
      [runtime.p50, 0.5],
      [runtime.p95, 0.95],
    ] as const) {
      const own = bucketOf(took[Math.ceil(share * took.length) - 1] ?? Number.NaN)
      expect(recorded, `${share} of ${took}`).toBeGreaterThan(bound(own - 1))
      expect(recorded, `${share} of ${took}`).toBeLessThanOrEqual(bound(own + 1))
    }
    expect(runtime.average).toBeGreaterThanOrEqual(0.02)
    expect(wait.count).toBe(150)
    expect(wait.p95).toBeLessThan(clock() - from + 1)
    const {missedEvents, reconnects, inFlight} = await state()
    expect({missedEvents, reconnects, inFlight}).toEqual({missedEvents: 0, reconnects: 0, inFlight: 0})

    // What has come since the last flush is written at the end, and the next one need not wait.
    await run('for one in [add.delay(n, n) for n in range(20)]: one.get(timeout=10)')
    // A result is stored a moment before its event is sent, and nobody tells when that is.
    await pause(300)
    const {code} = await recorder.stop('SIGTERM')
    expect(code).toBe(0)
    expect((await read(begunAt)).total.succeeded).toBe(1850)
    expect(await redis.cli('EXISTS', 'hub-mon:0:lease')).toBe('0')
  })

  it('is followed by another one when it is killed: nothing twice, and the gap is named', async () => {
    const first = await startRecorder()
    // It has nothing to say before it leads.
    const second = await startRecorder(/^/)
    const {from, before} = await sofar()
    await run('for n in range(100): add.delay(n, n)')
    await recorded('100', begunAt, ({total}) => total.succeeded === before.succeeded + 100)
    expect(second.said()).not.toMatch(/ writing$/m)
    const killed = clock()
    await first.stop('SIGKILL')
    await run('for n in range(50): add.delay(n, n)')
    await until('the lead', 20, () => / writing$/m.test(second.said()))
    const tookOver = clock()
    expect(tookOver - killed).toBeLessThan(10)
    await run('for n in range(70): add.delay(n, n)')
    const facts = await recorded('70 more', begunAt, ({total}) => total.succeeded >= before.succeeded + 170)
    expect(facts.total.succeeded).toBe(before.succeeded + 170)
    const {coverage} = await until('coverage after', 20, async () => {
      const to = tookOver + 1
      return clock() > to + 3 && (await read(from, to))
    })
    expect(coverage.missingSeconds).toBeGreaterThan(tookOver - killed - 1)
    expect(coverage.missingSeconds).toBeLessThan(tookOver - killed + 4)
  })

  it('says how much it missed when Redis drops it', async () => {
    const recorder = await startRecorder()
    const {from, before} = await sofar()
    // A node's own count is held against its next ones.
    await recorded('heartbeats', from, ({nodes}) => nodes.every(({online}) => online) && clock() > from + 5)
    process.kill(recorder.pid, 'SIGSTOP')
    await redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub')
    // Nodes listen by it, too: they are back first.
    await until('nodes', 20, async () => Number(await redis.cli('PUBLISH', '/0.celery.pidbox', '')) >= 2)
    await run('for one in [add.delay(n, n) for n in range(40)]: one.get(timeout=10)')
    process.kill(recorder.pid, 'SIGCONT')
    const facts = await recorded(
      'what was missed',
      from,
      ({coverage}) => coverage.missedEvents >= before.missed + 40,
    )
    expect(facts.coverage).toMatchObject({missedEvents: before.missed + 40, complete: false})
    expect(facts.coverage.missingSeconds).toBeGreaterThan(0)
    expect((await state()).missedEvents).toBe(40)
  })

  it('gives up the task of a worker that was killed, when its successor comes', async () => {
    await startRecorder()
    const worker = await app.worker('-E', '-c', '1', '-n', 'mortal@test', '-Q', 'mortal')
    const from = clock()
    await run("sleepy.apply_async((600,), queue='mortal')")
    await recorded('a start', from - 10, ({nodes}) =>
      nodes.some(({node, started}) => node === 'mortal@test' && started === 1),
    )
    expect((await state()).inFlight).toBe(1)
    await worker.stop('SIGKILL')
    const successor = await app.worker('-E', '-c', '1', '-n', 'mortal@test', '-Q', 'mortal')
    const facts = await recorded('what vanished', from - 10, ({total}) => total.vanished > 0)
    expect(of(facts, 'tasks.sleepy')).toMatchObject({
      started: 1,
      vanished: 1,
      succeeded: 0,
      queues: ['mortal'],
    })
    expect((await state()).inFlight).toBe(0)
    await successor.stop()
  })

  it('leaves a Redis alone that is nearly full, says so, and writes again later', async () => {
    const recorder = await startRecorder()
    const used = Number(/used_memory:(\d+)/.exec(await redis.cli('INFO', 'memory'))?.[1])
    await redis.cli('CONFIG', 'SET', 'maxmemory', String(Math.round(used / 0.9)))
    await until('its word', 20, () =>
      recorder.said().includes('not writing: Redis is above 80 % of its memory'),
    )
    await until('its state', 20, async () => (await state()).pausedBecause === 'memory')
    const from = clock()
    await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    await until('its word', 20, () => recorder.said().includes('writing again'))
    await run('for n in range(10): add.delay(n, n)')
    await recorded('10', from - 10, ({total}) => total.succeeded >= 10)
    expect((await state()).pausedBecause).toBeNull()
  })

  // The last one: nodes of Celery 5.2 often do not come back from it.
  it('goes on when Redis has been restarted, and names the gap', async () => {
    await startRecorder()
    const {from, before} = await sofar()
    await run('for n in range(30): add.delay(n, n)')
    await recorded('30', begunAt, ({total}) => total.succeeded === before.succeeded + 30)
    await redis.restart(1.5)
    await until('Redis', 20, async () => (await redis.cli('PING').catch(() => '')) === 'PONG')
    await until('a subscription', 20, async () => (await listening().catch(() => 0)) > 0)
    const again = clock()
    await until('coverage', 20, async () => (await read(again + 2, again + 3)).coverage.complete)
    const facts = await read(from)
    expect(facts.coverage.missingSeconds).toBeGreaterThan(0)
    expect(facts.coverage.complete).toBe(false)
    expect((await state()).reconnects).toBeGreaterThan(0)
  })
})
