import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import type {CeleryFacts, CeleryQuestion} from '../../src/snapshot/celery.ts'
import {readCelery} from '../../src/sources/celery/read.ts'
import {readResults} from '../../src/sources/celery/tasks/results.ts'
import {type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {conf} from '../fixtures/healthy.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const never = new AbortController().signal
let redis: RedisService
let app: CeleryApp
const reaches: RedisReach[] = []

beforeEach(async () => {
  redis = await startRedis()
  app = await createCeleryApp(redis.url, redis.url.replace(/0$/, '1'))
})
afterEach(async () => {
  await Promise.all(reaches.splice(0).map(reach => reach.close()))
  await app.stop()
  await redis.stop()
})

async function reach(url = redis.url): Promise<RedisReach> {
  const reached = await reachRedis({url, stack: Promise.resolve(null)}, never)
  reaches.push(reached)
  return reached
}

/** More than the usual second: a look that ends before it is complete, not given up, on a busy machine, too. */
const patient = {patienceSeconds: 5}

async function read(question: Partial<CeleryQuestion> = {}): Promise<CeleryFacts> {
  const {value, error} = await readCelery(await reach(), {passive: false, ...question}, never)
  expect(error).toBeUndefined()
  return value
}

/** Keys and bindings of ours, in Redis now. */
async function leftovers(): Promise<string> {
  const keys = (await redis.cli('KEYS', '*')).split('\n').filter(key => key.includes('hub-mon'))
  return keys.join() + (await redis.cli('SMEMBERS', '_kombu.binding.reply.celery.pidbox'))
}

const send = (task: string, ...args: string[]) =>
  app.python(`import tasks; tasks.${task}.apply_async(${args.join(', ')})`)

describe('a hub that runs', () => {
  it('counts a node that answers in pickle, and takes it neither for gone nor for hung', async () => {
    await app.worker('-n', 'json@test', '-c', '1', '-Q', 'mail')
    const pickling = await createCeleryApp(redis.url, undefined, 'pickle')
    try {
      await pickling.worker('-n', 'pickle@test', '-c', '1')
      const facts = await read(patient)
      expect(facts.probe).toMatchObject({subscribers: 2, unreadable: 1})
      expect(facts.probe?.seconds).toBeLessThan(patient.patienceSeconds)
      expect(facts).toMatchObject({silent: [], nodes: [{name: 'json@test'}]})
      expect(facts.queues.map(({name, consumers}) => [name, consumers])).toEqual([
        ['celery', null],
        ['mail', ['json@test']],
      ])
    } finally {
      await pickling.stop()
    }
  })

  it('tells its nodes, pools and queues at once', async () => {
    await app.worker('-n', 'one@test', '-c', '2', '-E', '-Q', 'celery,mail')
    await app.worker('-n', 'two@test', '-c', '1', '-P', 'solo')
    const facts = await read(patient)
    expect(facts.probe?.subscribers).toBe(2)
    expect(facts.probe?.seconds).toBeLessThan(patient.patienceSeconds)
    expect(facts).toMatchObject({
      database: 0,
      silent: [],
      duplicates: [],
      unacked: {messages: 0, oldestSeconds: null},
    })
    const [one, two] = facts.nodes
    expect(one).toMatchObject({
      name: 'one@test',
      pool: 'prefork',
      poolProcesses: 2,
      concurrency: 2,
      queues: ['celery', 'mail'],
      active: [],
      reserved: 0,
      conf: {sendsTaskEvents: null, acksLate: false, resultBackend: redis.url.replace(/0$/, '1')},
      broker: `127.0.0.1:${redis.port}/0`,
    })
    expect(two).toMatchObject({name: 'two@test', poolProcesses: 1, concurrency: 1, queues: ['celery']})
    expect(facts.queues.map(({name, ready, consumers}) => [name, ready, consumers])).toEqual([
      ['celery', 0, ['one@test', 'two@test']],
      ['mail', 0, ['one@test']],
    ])
    expect(await leftovers()).toBe('')
  })

  it('shows what runs and waits, but never what it was given', async () => {
    await app.worker('-n', 'one@test', '-c', '1')
    await app.python(
      `import tasks\nfor i in range(9): tasks.sleepy.apply_async((30, 'CANARY', float('nan')), countdown=0)`,
    )
    await expect.poll(async () => (await read()).nodes[0]?.active.length, {timeout: 10_000}).toBe(1)
    const facts = await read()
    const [node] = facts.nodes
    expect(node?.active[0]).toMatchObject({name: 'tasks.sleepy', acknowledged: true})
    expect(node?.active[0]?.runningSeconds).toBeGreaterThanOrEqual(0)
    expect(node?.active[0]?.runningSeconds).toBeLessThan(30)
    expect(node?.accepted).toEqual({'tasks.sleepy': 1})
    expect((node?.reserved ?? 0) + (facts.queues[0]?.ready ?? 0)).toBe(8)
    expect(facts.unacked.messages).toBe(node?.reserved)
    expect(facts.unacked.oldestSeconds).toBeGreaterThanOrEqual(0)
    expect(JSON.stringify(facts)).not.toContain('CANARY')
  })

  it('is faster than celery inspect ping', async () => {
    await app.worker('-n', 'one@test', '-c', '1')
    const time = async (work: () => Promise<unknown>) => {
      const start = performance.now()
      await work()
      return performance.now() - start
    }
    const ours = await time(read)
    const theirs = await time(() => app.celery('inspect', 'ping'))
    expect(ours).toBeLessThan(theirs / 4)
  })
})

describe('queues', () => {
  it('are counted over all their priority lists, also when nobody consumes them', async () => {
    await app.python(
      `import tasks\nfor p in range(10): tasks.add.apply_async((1, 2), queue='orphan', priority=p)`,
    )
    const facts = await read()
    expect(facts.probe?.subscribers).toBe(0)
    expect(facts.nodes).toEqual([])
    const orphan = facts.queues.find(({name}) => name === 'orphan')
    expect(orphan?.ready).toBe(10)
    expect(Object.values(orphan?.byPriority ?? {}).reduce((sum, length) => sum + length, 0)).toBe(10)
    expect(orphan?.consumers).toBeNull()
  })

  it('that the only node does not consume have no consumer', async () => {
    await app.worker('-n', 'one@test', '-c', '1', '-Q', 'celry')
    await send('add', '(1, 2)')
    const facts = await read()
    expect(facts.queues.map(({name, ready, consumers}) => [name, ready, consumers])).toEqual([
      ['celery', 1, []],
      ['celry', 0, ['one@test']],
    ])
  })

  it('keep a name with control characters as it is', async () => {
    await app.python(String.raw`import tasks; tasks.add.apply_async((1, 2), queue='\x1b[2J$(touch x)')`)
    expect((await read()).queues.map(({name}) => name)).toContain('\x1b[2J$(touch x)')
  })

  it('are read without a single write when passive', async () => {
    await app.worker('-n', 'one@test', '-c', '1')
    await redis.cli('CONFIG', 'RESETSTAT')
    const facts = await read({passive: true})
    expect(facts).toMatchObject({probe: null, nodes: [], silent: []})
    expect(facts.queues).toMatchObject([{name: 'celery', ready: 0, consumers: null}])
    const used = await redis.cli('INFO', 'commandstats')
    expect(used).not.toMatch(/cmdstat_(srem|multi|exec):|cmdstat_del:/)
  })
})

describe('a node that does not answer', () => {
  it('is waited for no longer than a second, and named', async () => {
    await app.worker('-n', 'well@test', '-c', '1')
    const hung = await app.worker('-n', 'hung@test', '-c', '1')
    hung.process.kill('SIGSTOP')
    const start = performance.now()
    const facts = await read()
    const seconds = (performance.now() - start) / 1000
    expect(seconds).toBeGreaterThan(0.95)
    expect(seconds).toBeLessThan(2.9)
    expect(facts.probe?.subscribers).toBe(2)
    expect(facts.nodes.map(({name}) => name)).toEqual(['well@test'])
    expect(facts.silent).toEqual(['hung@test'])
    hung.process.kill('SIGCONT')
    // It answers what it was asked while it was frozen: to a list that is no longer there.
    await expect.poll(async () => (await read()).silent, {timeout: 10_000}).toEqual([])
    expect(await leftovers()).toBe('')
  })

  it('because its solo pool is busy', async () => {
    await app.worker('-n', 'solo@test', '-P', 'solo')
    await send('sleepy', '(20,)')
    await expect.poll(() => redis.cli('LLEN', 'celery'), {timeout: 5000}).toBe('0')
    await expect.poll(async () => (await read()).silent, {timeout: 10_000}).toEqual(['solo@test'])
  })

  it('because it was killed is named and not waited for', async () => {
    const killed = await app.worker('-n', 'killed@test', '-c', '1')
    await killed.stop('SIGKILL')
    await expect
      .poll(async () => (await redis.cli('CLIENT', 'LIST')).split('\n').length, {timeout: 5000})
      .toBe(1)
    const facts = await read(patient)
    expect(facts.probe?.subscribers).toBe(0)
    expect(facts.probe?.seconds).toBeLessThan(patient.patienceSeconds)
    expect(facts.silent).toEqual(['killed@test'])
  })

  it('is not invented by somebody who listens to everything', async () => {
    await app.worker('-n', 'one@test', '-c', '1')
    const listener = await reach()
    if (listener.kind !== 'connected') throw new Error('not connected')
    const own = await listener.open(never)
    await own.client.psubscribe('*')
    const facts = await read(patient)
    expect(facts.probe?.subscribers).toBe(1)
    expect(facts.probe?.seconds).toBeLessThan(patient.patienceSeconds)
  })
})

it('two nodes under one name are two nodes and one duplicate', async () => {
  await app.worker('-n', 'same@test', '-c', '1')
  await app.worker('-n', 'same@test', '-c', '2')
  const facts = await read()
  expect(facts.probe?.subscribers).toBe(2)
  expect(facts.duplicates).toEqual(['same@test'])
  expect(facts.nodes.map(({name}) => name)).toEqual(['same@test', 'same@test'])
  expect(facts.nodes.reduce((sum, node) => sum + (node.poolProcesses ?? 0), 0)).toBe(3)
})

describe('nothing is left behind', () => {
  it('when the read is aborted while a node is silent', async () => {
    const hung = await app.worker('-n', 'hung@test', '-c', '1')
    hung.process.kill('SIGSTOP')
    const reached = await reach()
    const controller = new AbortController()
    const pending = readCelery(reached, {passive: false}, controller.signal)
    await expect.poll(leftovers, {timeout: 2000, interval: 5}).toContain('hub-mon-')
    controller.abort()
    await expect(pending).rejects.toMatchObject({code: 'timeout'})
    await reached.close()
    expect(await leftovers()).toBe('')
  })

  it('when the read is aborted at any moment', async () => {
    await app.worker('-n', 'one@test', '-c', '1')
    for (let milliseconds = 0; milliseconds < 16; milliseconds += 1) {
      const reached = await reach()
      const signal = AbortSignal.timeout(milliseconds)
      await readCelery(reached, {passive: false}, signal).catch(() => null)
      await reached.close()
    }
    expect(await leftovers()).toBe('')
  })

  it('of killed runs after an hour, and what is younger or not ours stays', async () => {
    const bindings = '_kombu.binding.reply.celery.pidbox'
    const member = (oid: string) => `${oid}\x06\x16\x06\x16${oid}.reply.celery.pidbox`
    const now = Date.now()
    const old = `hub-mon-1-${now - 3_700_000}-00ff00ff`
    const young = `hub-mon-1-${now - 60_000}-00ff00ff`
    const theirs = '6a2f6ec4-3f5e-3d2e-9a55-111111111111'
    for (const oid of [old, young, theirs]) {
      await redis.cli('SADD', bindings, member(oid))
      await redis.cli('LPUSH', `${oid}.reply.celery.pidbox`, 'x')
    }
    await read()
    expect((await redis.cli('SMEMBERS', bindings)).split('\n').sort()).toEqual(
      [member(theirs), member(young)].sort(),
    )
    expect(await redis.cli('EXISTS', `${old}.reply.celery.pidbox`)).toBe('0')
    expect(await redis.cli('EXISTS', `${theirs}.reply.celery.pidbox`)).toBe('1')
  })
})

describe('a Redis that refuses the probe', () => {
  it.each([
    ['READONLY', ['CONFIG', 'SET', 'maxmemory', '0'], ['REPLICAOF', '127.0.0.1', '1']],
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['PING']],
  ])('with %s still gives its queues', async (words, ...commands) => {
    await app.python(`import tasks; tasks.add.apply_async((1, 2))`)
    for (const command of commands) await redis.cli(...command)
    const {value, error} = await readCelery(await reach(), {passive: false}, never)
    expect(error).toMatchObject({
      code: 'probe-refused',
      because: 'redis',
      message: expect.stringContaining(words),
    })
    expect(value).toMatchObject({probe: null, nodes: [], silent: [], queues: [{name: 'celery', ready: 1}]})
  })

  it('with no connection left to wait on still gives its queues', async () => {
    await app.python(`import tasks; tasks.add.apply_async((1, 2))`)
    const reached = await reach()
    // redis-cli takes the second one, to say so.
    await redis.cli('CONFIG', 'SET', 'maxclients', '1')
    const {value, error} = await readCelery(reached, {passive: false}, never)
    expect(error).toMatchObject({code: 'probe-refused', because: 'redis'})
    expect(value.queues).toMatchObject([{name: 'celery', ready: 1}])
  })

  it('to a user that may only read', async () => {
    await app.python(`import tasks; tasks.add.apply_async((1, 2))`)
    await redis.cli('ACL', 'SETUSER', 'reader', 'on', '>secret', '-@all', '+@read', '+ping', '+select', '~*')
    const reached = await reach(`redis://reader:secret@127.0.0.1:${redis.port}/0`)
    const {value, error} = await readCelery(reached, {passive: false}, never)
    expect(error).toMatchObject({code: 'probe-refused', because: 'redis'})
    expect(value.queues).toMatchObject([{name: 'celery', ready: 1}])
  })
})

describe('stored results', () => {
  it('are counted by task, with the newest failure and no argument', async () => {
    await app.worker('-n', 'one@test', '-c', '2')
    await app.python(
      `import tasks
for i in range(5): tasks.add.delay(i, i)
for i in range(2): tasks.boom.delay('no such %d' % i).get(propagate=False)
tasks.nan.delay().get()`,
    )
    const reached = await reach()
    await expect
      .poll(async () => (await readResults(reached, await read(), never)).value.sampled, {timeout: 10_000})
      .toBe(8)
    const {value} = await readResults(reached, await read(), never)
    expect(value).toMatchObject({database: 1, sampled: 8, complete: true})
    expect(value.byTask.map(({task, succeeded, failed}) => [task, succeeded, failed])).toEqual([
      ['tasks.add', 5, 0],
      ['tasks.boom', 0, 2],
      ['tasks.nan', 1, 0],
    ])
    expect(value.byTask[1]?.newestFailure).toMatchObject({exception: 'ValueError: no such 1'})
    expect(Date.now() - Date.parse(value.since ?? '')).toBeLessThan(60_000)
    expect((await readResults(reached, null, never)).value.database).toBe(1)
  })

  it('are sampled, never read whole, when there are many', async () => {
    await redis.cli(
      ...['-n', '1', 'EVAL'],
      `for i = 1, 30000 do redis.call('SET', 'celery-task-meta-' .. i, '{"status": "SUCCESS", "name": "a", "date_done": "2026-01-01T00:00:00"}') end
       redis.call('SET', 'celery-task-meta-big', '{"status": "SUCCESS", "result": "' .. string.rep('x', 200000) .. '"}')`,
      '0',
    )
    const start = performance.now()
    const {value} = await readResults(await reach(), null, never)
    expect((performance.now() - start) / 1000).toBeLessThan(3)
    expect(value.sampled).toBeGreaterThan(100)
    expect(value.sampled).toBeLessThanOrEqual(2000)
    expect(value.complete).toBe(false)
  })

  it('that are kept elsewhere, or nowhere, are said to be', async () => {
    const facts = await read()
    const node = {...({} as CeleryFacts['nodes'][number]), name: 'a', broker: `127.0.0.1:${redis.port}/0`}
    const withBackend = (resultBackend: string | null): CeleryFacts => ({
      ...facts,
      nodes: [
        {
          ...node,
          conf: conf({resultBackend}),
        },
      ],
    })
    const reached = await reach()
    await expect(readResults(reached, withBackend('db+postgresql://db/x'), never)).rejects.toMatchObject({
      code: 'results-elsewhere',
    })
    await expect(readResults(reached, withBackend(null), never)).rejects.toMatchObject({
      code: 'no-result-backend',
    })
  })
})
