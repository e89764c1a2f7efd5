import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryFacts, type CeleryQuestion, silenceOf} from '../../src/snapshot/celery.ts'
import {readCelery} from '../../src/sources/celery/read.ts'
import {type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {type CeleryApp, type CeleryAppOptions, createCeleryApp} from '../services/celery.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const never = new AbortController().signal
const reaches: RedisReach[] = []
const apps: CeleryApp[] = []
let redis: RedisService
/** Of the hub that listens where nobody expects it: channels know no databases. */
let apart: RedisService
let secured: RedisService
let directory: string

/** Databases of one Redis: a hub each, so that they can be started all at once. */
const databases = {fleet: 0, configured: 1, unprefixed: 2, prefixed: 4, separated: 5, clocked: 6, mute: 7}
const options = {
  configured: {
    conf: {
      task_time_limit: 90,
      task_soft_time_limit: 60,
      worker_prefetch_multiplier: 3,
      result_expires: 600,
      task_acks_late: true,
      broker_transport_options: {visibility_timeout: 120},
    },
    tasks: `app.conf.result_expires = __import__('datetime').timedelta(days=2, minutes=5)`,
  },
  unprefixed: {conf: {broker_transport_options: {fanout_prefix: false, fanout_patterns: false}}},
  custom: {conf: {broker_transport_options: {fanout_prefix: '/custom.'}}},
  prefixed: {conf: {broker_transport_options: {global_keyprefix: 'my:'}, control_exchange: 'ctl'}},
  separated: {conf: {broker_transport_options: {sep: ':', priority_steps: [0, 1, 2, 5]}}},
} satisfies Record<string, CeleryAppOptions>
const channels = {
  configured: '/1.celery.pidbox',
  unprefixed: 'celery.pidbox',
  custom: '/custom.celery.pidbox',
  prefixed: 'my:/4.ctl.pidbox',
  separated: '/5.celery.pidbox',
}
type Variant = keyof typeof options
const hubs = {} as Record<keyof typeof databases | 'custom' | 'secured', CeleryApp>

const urlOf = (database: number) => redis.url.replace(/0$/, String(database))

async function hub(broker: string, more: CeleryAppOptions, ...workers: string[][]): Promise<CeleryApp> {
  const app = await createCeleryApp(broker, undefined, 'json', more)
  apps.push(app)
  await Promise.all(workers.map(words => app.worker(...words)))
  return app
}

async function variant(name: Variant): Promise<void> {
  const broker = name === 'custom' ? apart.url : urlOf(databases[name])
  const listensAt = {redisCli: ['-u', broker], channel: channels[name]}
  // A node of a prefix that only its heartbeat tells needs one; what it says to others is no part of this.
  const words = ['-n', `${name}@test`, '-c', '1', '--without-mingle', '--without-gossip']
  hubs[name] = await hub(broker, {...options[name], listensAt}, words)
}

const [prefork, solo, threads] = [
  ['-c', '1'],
  ['-P', 'solo'],
  ['-P', 'threads', '-c', '3'],
]
const pools = [prefork, prefork, prefork, prefork, solo, solo, threads, threads] as string[][]

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hub-mon-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert],
    ],
    {stdio: 'ignore'},
  )
  const cliArgs = ['--tls', '--cacert', cert, '-a', 's3cret', '--no-auth-warning']
  ;[redis, apart, secured] = await Promise.all([
    startRedis(),
    startRedis(),
    startRedis({
      tls: true,
      args: [
        ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
        ...['--tls-auth-clients', 'no', '--requirepass', 's3cret'],
      ],
      cliArgs,
    }),
  ])
  const listensAt = {redisCli: ['-p', String(secured.port), ...cliArgs], channel: '/0.celery.pidbox'}
  await Promise.all([
    hub(
      redis.url,
      {},
      ...pools.map((words, nth) => [
        ...['-n', `n${nth}@test`, '-Q', nth < 4 ? 'celery,mail' : 'celery', '--without-mingle', ...words],
      ]),
    ).then(app => (hubs.fleet = app)),
    ...(Object.keys(options) as Variant[]).map(variant),
    hub(securedUrl(), {listensAt}, ['-n', 'secured@test', '-c', '1']).then(app => (hubs.secured = app)),
  ])
}, 60_000)
afterEach(async () => {
  await Promise.all(reaches.splice(0).map(reach => reach.close()))
})
afterAll(async () => {
  await Promise.all(apps.map(app => app.stop()))
  await Promise.all([redis, apart, secured].map(server => server.stop()))
  rmSync(directory, {recursive: true, force: true})
})

function securedUrl(): string {
  const ca = encodeURIComponent(join(directory, 'cert.pem'))
  return `rediss://:s3cret@127.0.0.1:${secured.port}/0?ssl_cert_reqs=required&ssl_ca_certs=${ca}`
}

async function reach(url: string): Promise<RedisReach> {
  const reached = await reachRedis({url, stack: Promise.resolve(null)}, never)
  reaches.push(reached)
  return reached
}

async function look(
  where: number | string,
  question: Partial<CeleryQuestion> = {},
): Promise<{facts: CeleryFacts; seconds: number}> {
  const reached = await reach(typeof where === 'number' ? urlOf(where) : where)
  const start = performance.now()
  const {value, error} = await readCelery(reached, {passive: false, ...question}, never)
  expect(error).toBeUndefined()
  return {facts: value, seconds: (performance.now() - start) / 1000}
}

/** Keys and members of ours, and who subscribes to patterns. */
async function traces(server = redis): Promise<string[]> {
  const found: string[] = []
  for (const database of Object.values(databases)) {
    const cli = (...words: string[]) => server.cli('-n', String(database), ...words)
    const keys = (await cli('KEYS', '*')).split('\n')
    found.push(...keys.filter(key => key.includes('hub-mon')))
    for (const key of keys.filter(name => name.includes('_kombu.binding.reply.')))
      if ((await cli('SMEMBERS', key)).includes('hub-mon')) found.push(key)
  }
  return found
}

const subscribed = async () =>
  (await apart.cli('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n').filter(line => line !== '').length

describe('eight nodes', () => {
  it('tell what they are, all of them, before anybody loses patience', async () => {
    const patienceSeconds = 5
    const {facts} = await look(databases.fleet, {patienceSeconds})
    expect(facts.probe?.subscribers).toBe(8)
    expect(facts.probe?.seconds).toBeLessThan(patienceSeconds)
    expect(
      facts.nodes.map(({name, pool, poolProcesses, concurrency, version, queues}) => [
        ...[name, pool, poolProcesses, concurrency, version, queues?.join()],
      ]),
    ).toEqual([
      ...[0, 1, 2, 3].map(nth => [`n${nth}@test`, 'prefork', 1, 1, '5.2.6', 'celery,mail']),
      ...[4, 5].map(nth => [`n${nth}@test`, 'solo', 1, 1, '5.2.6', 'celery']),
      ...[6, 7].map(nth => [`n${nth}@test`, 'threads', null, 3, '5.2.6', 'celery']),
    ])
    expect(facts.registered).toHaveLength(1)
    expect(facts.registered[0]).toContain('tasks.add')
    for (const {answerSeconds, registered, reserved, rateLimited} of facts.nodes) {
      expect(answerSeconds).toBeGreaterThan(0)
      expect(answerSeconds).toBeLessThanOrEqual(facts.probe?.seconds ?? 0)
      expect([registered, reserved, rateLimited]).toEqual([0, 0, false])
    }
    expect(silenceOf(facts)).toEqual({hung: [], gone: [], unclear: null, nameless: 0})
    expect(facts.names).toEqual({
      ...{keyPrefix: '', controlExchange: 'celery', channelPrefix: '/0.'},
      ...{separator: '\x06\x16', prioritySteps: [0, 3, 6, 9]},
    })
    expect(await traces()).toEqual([])
  })

  it('tell what they hold, so that every delivered message has an owner', async () => {
    await hubs.fleet.python(
      `import tasks
for p in range(10): tasks.add.apply_async((1, 2), queue='orphan', priority=p)
for i in range(4): tasks.late.apply_async((20, 'CANARY'), queue='mail')
for i in range(3): tasks.add.apply_async((1, 2), countdown=600 + i)`,
    )
    const question = {scheduled: true, messages: true}
    await expect
      .poll(async () => (await look(databases.fleet, question)).facts.unacked.messages, {timeout: 10_000})
      .toBe(7)
    const {facts} = await look(databases.fleet, question)
    const running = facts.nodes.flatMap(({active}) => active)
    const scheduled = facts.nodes.flatMap(({scheduledTasks}) => scheduledTasks)
    const reserved = facts.nodes.flatMap(({reservedTasks}) => reservedTasks)
    expect(running.length + reserved.length).toBe(4)
    for (const {name, queue, pid, acknowledged} of running) {
      expect([name, queue, acknowledged]).toEqual(['tasks.late', 'mail', false])
      expect(pid).toBeGreaterThan(0)
    }
    expect(scheduled).toHaveLength(3)
    for (const {eta} of scheduled) expect(Date.parse(eta ?? '')).toBeGreaterThan(Date.now() + 500_000)
    expect(facts.unacked.ownersKnown).toBe(true)
    expect(facts.unacked.sample).toHaveLength(7)
    for (const {owner} of facts.unacked.sample ?? []) expect(owner).toMatch(/^n\d@test$/)
    expect(facts.queues.find(({name}) => name === 'orphan')).toMatchObject({ready: 10, consumers: []})
    expect(JSON.stringify(facts)).not.toContain('CANARY')
  })

  it('are not asked what is scheduled where that may be much', async () => {
    const fields = Array.from({length: 1001}, (_, nth) => [`tag-${nth}`, 'x']).flat()
    await redis.cli('HSET', 'unacked', ...fields)
    try {
      const {facts} = await look(databases.fleet, {scheduled: true})
      for (const node of facts.nodes) expect([node.scheduled, node.scheduledTasks]).toEqual([null, []])
      expect(facts.unacked.ownersKnown).toBe(false)
    } finally {
      await redis.cli('HDEL', 'unacked', ...fields.filter((_, place) => place % 2 === 0))
    }
  })
})

describe('clocks', () => {
  it('are told by heartbeats in the same round, and nothing is left subscribed', async () => {
    const patienceSeconds = 5
    const {facts} = await look(databases.fleet, {clocks: true, patienceSeconds})
    expect(facts.probe?.seconds).toBeLessThan(patienceSeconds)
    expect(facts.nodes.map(({clockOffsetSeconds}) => clockOffsetSeconds)).toEqual(pools.map(() => 0))
    const unasked = await look(databases.fleet)
    for (const node of unasked.facts.nodes) expect(node).not.toHaveProperty('clockOffsetSeconds')
    expect(await redis.cli('PUBSUB', 'NUMSUB', '/0.celeryev/worker.heartbeat')).toMatch(/\n0$/)
  })

  it('are off by as much as they are, ahead and behind', async () => {
    const [ahead, behind] = await Promise.all(
      ['+3600', '-90'].map(clock => createCeleryApp(urlOf(databases.clocked), undefined, 'json', {clock})),
    )
    apps.push(...[ahead, behind].filter(app => app !== undefined))
    await ahead?.worker('-n', 'ahead@test', '-c', '1')
    await behind?.worker('-n', 'behind@test', '-c', '1')
    const {facts} = await look(databases.clocked, {clocks: true})
    const offsets = Object.fromEntries(facts.nodes.map(node => [node.name, node.clockOffsetSeconds]))
    expect(offsets).toEqual({'ahead@test': expect.closeTo(3600, 0), 'behind@test': expect.closeTo(-90, 0)})
  })

  it('are not asked of a node that sends no events at all, which would log an error', async () => {
    const app = await createCeleryApp(urlOf(databases.mute))
    apps.push(app)
    const silent = ['--without-heartbeat', '--without-gossip', '--without-mingle']
    const mute = await app.worker('-n', 'mute@test', '-c', '1', ...silent)
    const {facts} = await look(databases.mute, {clocks: true})
    expect(facts.nodes).toMatchObject([{name: 'mute@test', clockOffsetSeconds: null}])
    expect(mute.output()).not.toContain('error')
    // What it is kept from.
    await app.celery('control', 'heartbeat').catch(() => {})
    await expect.poll(mute.output).toContain('pidbox command error')
  })
})

it('one node tells its configuration as it is in force, and its version only when asked', async () => {
  const {facts} = await look(databases.configured)
  const [node] = facts.nodes
  expect(facts.nodes).toHaveLength(1)
  expect(node?.version).toBeNull()
  expect(node?.conf).toMatchObject({
    acksLate: true,
    taskTimeLimitSeconds: 90,
    taskSoftTimeLimitSeconds: 60,
    prefetchMultiplier: 3,
    visibilityTimeoutSeconds: 120,
    resultExpiresSeconds: 2 * 86_400 + 300,
  })
  expect(node?.broker).toBe(`127.0.0.1:${redis.port}/1`)
  const asked = await look(databases.configured, {versions: true})
  expect(asked.facts.nodes[0]).toMatchObject({version: '5.2.6', kombuVersion: expect.stringMatching(/^5\.2/)})
})

describe('a hub whose', () => {
  it('channels have no prefix is asked at once', async () => {
    const {facts, seconds} = await look(databases.unprefixed)
    expect(facts.nodes.map(({name}) => name)).toEqual(['unprefixed@test'])
    expect(facts.names.channelPrefix).toBe('')
    // A heartbeat is waited for for longer.
    expect(seconds).toBeLessThan(2)
    expect(await traces()).toEqual([])
  })

  it('channels have a prefix of their own is found by a heartbeat, and then at once', async () => {
    const before = await subscribed()
    const {facts, seconds} = await look(apart.url)
    expect(facts.nodes.map(({name}) => name)).toEqual(['custom@test'])
    expect(facts.names.channelPrefix).toBe('/custom.')
    expect(seconds).toBeLessThan(5)
    expect((await look(apart.url)).seconds).toBeLessThan(2)
    await expect.poll(subscribed, {timeout: 2000}).toBe(before)
    expect(await traces(apart)).toEqual([])
  })

  it('keys have a prefix, and whose control exchange has another name', async () => {
    await hubs.prefixed.python(`import tasks; tasks.add.apply_async((1, 2), queue='orphan', priority=9)`)
    const {facts} = await look(databases.prefixed)
    expect(facts.nodes.map(({name, queues}) => [name, queues])).toEqual([['prefixed@test', ['celery']]])
    expect(facts.names).toMatchObject({keyPrefix: 'my:', controlExchange: 'ctl', channelPrefix: '/4.'})
    expect(facts.queues.map(({name, ready}) => [name, ready])).toEqual([
      ['celery', 0],
      ['orphan', 1],
    ])
    expect(await traces()).toEqual([])
  })

  it('lists are separated otherwise answers, and is read without an answer, too', async () => {
    await hubs.separated.python(
      `import tasks\nfor p in range(10): tasks.add.apply_async((1, 2), queue='orphan', priority=p)`,
    )
    const {facts} = await look(databases.separated)
    expect(facts.nodes.map(({name}) => name)).toEqual(['separated@test'])
    expect(facts.names).toMatchObject({separator: ':', prioritySteps: [0, 1, 2, 5]})
    expect(facts.queues.find(({name}) => name === 'orphan')?.ready).toBe(10)
    const passive = await look(databases.separated, {passive: true})
    expect(passive.facts.names).toMatchObject({separator: ':', prioritySteps: [0, 1, 2, 3, 5, 6, 9]})
    expect(passive.facts.queues.find(({name}) => name === 'orphan')?.ready).toBe(10)
    expect(await traces()).toEqual([])
  })

  it('Redis wants TLS and a password', async () => {
    const patienceSeconds = 5
    const {facts} = await look(securedUrl(), {patienceSeconds})
    expect(facts.nodes.map(({name}) => name)).toEqual(['secured@test'])
    expect(facts.probe?.seconds).toBeLessThan(patienceSeconds)
    expect(JSON.stringify(facts)).not.toContain('s3cret')
    expect(await secured.cli('KEYS', '*')).not.toContain('hub-mon')
  })
})

describe('nothing of the heartbeat’s listener is left', () => {
  it('when the look is aborted while it listens', async () => {
    // Nodes are known, nobody listens where they usually would, and somebody listens elsewhere.
    const away = '\x06\x16\x06\x16away@test.celery.pidbox'
    await apart.cli('-n', '6', 'SADD', '_kombu.binding.celery.pidbox', away)
    const before = await subscribed()
    const reached = await reach(apart.url.replace(/0$/, '6'))
    const controller = new AbortController()
    const pending = readCelery(reached, {passive: false}, controller.signal)
    await expect.poll(subscribed, {timeout: 2000, interval: 10}).toBe(before + 1)
    controller.abort()
    await expect(pending).rejects.toMatchObject({code: 'timeout'})
    await reached.close()
    await expect.poll(subscribed, {timeout: 2000}).toBe(before)
    expect(await apart.cli('-n', '6', 'KEYS', '*')).toBe('_kombu.binding.celery.pidbox')
  })
})

describe('a stranger who writes where the answers go', () => {
  /** Does so as soon as a look has said where that is. */
  async function write(script: string): Promise<void> {
    const bindings = '_kombu.binding.reply.celery.pidbox'
    await apart.cli(
      ...['-n', '7', 'EVAL'],
      `local member = redis.call('SMEMBERS', '${bindings}')[1]; local list = string.match(member, '[^%c]+$'); ${script}`,
      '0',
    )
  }
  const bound = async () => await apart.cli('-n', '7', 'EXISTS', '_kombu.binding.reply.celery.pidbox')

  async function lookBeside(script: string, patienceSeconds = 1) {
    // Somebody is connected and silent, so that the look waits.
    const listener = await reach(apart.url)
    if (listener.kind !== 'connected') throw new Error('not connected')
    const other = await listener.open(never)
    await other.client.psubscribe('/7.celery.pidbox')
    const reached = await reach(apart.url.replace(/0$/, '7'))
    const pending = readCelery(reached, {passive: false, patienceSeconds}, never)
    await expect.poll(bound, {timeout: 2000, interval: 5}).toBe('1')
    await write(script)
    const {value, error} = await pending
    await reached.close()
    expect(await apart.cli('-n', '7', 'KEYS', '*')).toBe('')
    return {value, error}
  }

  it('changes nothing with what is no answer to this look, in any length', async () => {
    const {value, error} = await lookBeside(
      `local big = string.rep('x', 10485760); redis.call('LPUSH', list, 'nonsense', big, '{"headers":{"ticket":"t"},"body":"e30="}')`,
    )
    expect(error).toBeUndefined()
    expect(value).toMatchObject({probe: {subscribers: 1}, nodes: []})
  })

  it('is told when there is more of it than any fleet says', async () => {
    const {value, error} = await lookBeside(
      `local big = string.rep('x', 1048576); for i = 1, 120 do redis.call('LPUSH', list, big) end`,
      20,
    )
    expect(error).toMatchObject({code: 'probe-flooded', message: expect.stringContaining('96 MB')})
    expect(value).toMatchObject({probe: null, nodes: [], silent: []})
  })
})

describe('a user who may not', () => {
  const user = async (name: string, ...rules: string[]) => {
    await redis.cli('ACL', 'SETUSER', name, 'reset', 'on', '>secret', '~*', '&*', '+@all', ...rules)
    return await reach(`redis://${name}:secret@127.0.0.1:${redis.port}/0`)
  }

  it.each([
    ['wait for a reply', '-brpop', 'probe-refused'],
    ['publish', '-publish', 'probe-refused'],
    ['bind', '-sadd', 'probe-refused'],
    ['look through keys', '-scan', 'scan-cut'],
    ['measure lists', '-llen', 'no-permission'],
  ])('%s gets a partial reading that says so', async (_what, rule, code) => {
    const reached = await user(`u${rule.slice(1)}`, rule)
    const {value, error} = await readCelery(reached, {passive: false}, never)
    await reached.close()
    expect(error).toMatchObject({code})
    expect(value.nodes).toHaveLength(code === 'probe-refused' ? 0 : 8)
    expect(value.queues.length > 0).toBe(code !== 'no-permission')
    expect(await traces()).toEqual([])
  })

  it.each([
    ['take several replies at once', '-rpop', undefined],
    ['know who is connected', '-client', undefined],
    ['see names of nodes', '-smembers', {code: 'no-permission'}],
    ['count what is delivered', '-hlen', {code: 'no-permission'}],
  ])('%s gets all the rest', async (_what, rule, reason) => {
    const {value, error} = await readCelery(
      await user(`u${rule.slice(1)}`, rule),
      {passive: false, scheduled: true},
      never,
    )
    if (reason === undefined) expect(error).toBeUndefined()
    else expect(error).toMatchObject(reason)
    expect(value.nodes).toHaveLength(8)
    expect(await traces()).toEqual([])
  })
})
