import {afterEach, describe, expect, it} from 'vitest'
import type {CeleryFacts} from '../../src/snapshot/celery.ts'
import {readCelery} from '../../src/sources/celery/read.ts'
import {type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {readRedis} from '../../src/sources/redis/read.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {freePort, type RedisServiceOptions, startRedis} from '../services/redis.ts'
import {startSentinel, watching} from '../services/sentinel.ts'

const never = new AbortController().signal
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function stopped<T extends {stop: () => Promise<void>}>(starting: Promise<T>): Promise<T> {
  const service = await starting
  stops.push(service.stop)
  return service
}
const redis = (options?: RedisServiceOptions) => stopped(startRedis(options))
const sentinel = (lines?: readonly string[]) => stopped(startSentinel(lines))

async function reach(url: string): Promise<RedisReach> {
  const reached = await reachRedis({url, stack: Promise.resolve(null), deadlineSeconds: 2}, never)
  stops.push(reached.close)
  return reached
}

/** What is told of Celery over this address, once its node has answered. */
async function nodesAt(url: string, passive = false): Promise<CeleryFacts> {
  const {value} = await readCelery(await reach(url), {passive}, never)
  return value
}

async function celery(...words: Parameters<typeof createCeleryApp>): Promise<CeleryApp> {
  return await stopped(createCeleryApp(...words))
}

const solo = ['-P', 'solo', '-n', 'one@here'] as const

describe('Sentinel', () => {
  it('leads to the master, and to the new one after a failover', async () => {
    const password = 'canary-5'
    const own = {
      args: ['--requirepass', password, '--masterauth', password],
      cliArgs: ['-a', password, '--no-auth-warning'],
    }
    const first = await redis(own)
    const second = await redis({...own, args: [...own.args, '--replicaof', '127.0.0.1', String(first.port)]})
    const lines = watching('hub', first.port, 2, password)
    const [one, two] = [await sentinel(lines), await sentinel(lines)]
    const url = `sentinel://:${password}@127.0.0.1:${one.port}/2;sentinel://:${password}@127.0.0.1:${two.port}/2`

    const before = await reach(url)
    expect(before.address).toBe(`127.0.0.1:${first.port}/2 (master "hub" by Sentinel 127.0.0.1:${one.port})`)
    const {value} = await readRedis(before, never)
    expect(value).toMatchObject({
      address: `127.0.0.1:${first.port}/2`,
      through: `master "hub" by Sentinel 127.0.0.1:${one.port}`,
      role: 'master',
      database: 2,
    })

    const app = await celery(url, undefined, 'json', {
      conf: {broker_transport_options: {master_name: 'hub'}},
      // kombu before 5.3 does not fill in the database.
      listensAt: {
        redisCli: ['-p', String(first.port), '-a', password, '--no-auth-warning'],
        channel: '/{db}.celery.pidbox',
      },
    })
    await app.worker(...solo)
    const facts = await nodesAt(url)
    expect(facts.nodes.map(({name}) => name)).toEqual(['one@here'])
    expect(facts.names.channelPrefix).toBe('/{db}.')

    const replicas = () => one.cli('SENTINEL', 'REPLICAS', 'hub')
    const sentinels = () => one.cli('SENTINEL', 'SENTINELS', 'hub')
    await expect.poll(replicas, {timeout: 12_000}).toContain(String(second.port))
    await expect.poll(sentinels, {timeout: 12_000}).toContain(String(two.port))
    first.process.kill('SIGKILL')
    await expect
      .poll(async () => (await reach(url).catch(() => null))?.address, {timeout: 12_000})
      .toBe(`127.0.0.1:${second.port}/2 (master "hub" by Sentinel 127.0.0.1:${one.port})`)
    one.process.kill('SIGKILL')
    await expect
      .poll(async () => (await reach(url)).address)
      .toBe(`127.0.0.1:${second.port}/2 (master "hub" by Sentinel 127.0.0.1:${two.port})`)
  })

  it('says which Sentinels do not answer, and why', async () => {
    const [one, two] = [await freePort(), await freePort()]
    await expect(reach(`sentinel://127.0.0.1:${one};sentinel://127.0.0.1:${two}/2`)).rejects.toMatchObject({
      code: 'no-sentinel',
      message: `none of 2 Sentinels answers: nothing listens at 127.0.0.1:${one}; nothing listens at 127.0.0.1:${two}`,
    })
  })

  it.each([
    [
      'a password that is not known',
      ['requirepass other'],
      '',
      'no-auth',
      /^Sentinel 127.0.0.1:\d+ asks for a password/,
    ],
    [
      'a wrong one',
      ['requirepass other'],
      '&sentinel_password=wrong',
      'wrong-password',
      /^Sentinel 127.0.0.1:\d+ refuses the password/,
    ],
  ])('says that the Sentinels ask for %s', async (_what, lines, query, code, words) => {
    const {port} = await sentinel([...lines, ...watching('hub', await freePort(), 1)])
    await expect(reach(`sentinel://127.0.0.1:${port}?master_name=hub${query}`)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    })
  })

  it('takes the password of the Sentinels, and of several masters the one that is named', async () => {
    const [one, two] = [await redis(), await redis()]
    const {port} = await sentinel([
      'requirepass own',
      ...watching('a', one.port, 1),
      ...watching('b', two.port, 1),
    ])
    const url = `sentinel://127.0.0.1:${port}/0?sentinel_password=own`
    expect((await reach(`${url}&master_name=b`)).address).toContain(`127.0.0.1:${two.port}/0 (master "b"`)
    await expect(reach(url)).rejects.toMatchObject({
      code: 'unknown-master',
      message: expect.stringMatching(/several masters: say which with \?master_name= \("[ab]", "[ab]"\)/),
    })
    await expect(reach(`${url}&master_name=c`)).rejects.toMatchObject({
      code: 'unknown-master',
      message: expect.stringMatching(/knows no master "c", only "[ab]", "[ab]"$/),
    })
  })

  it('says that the master is down, and of a Redis that it is none', async () => {
    const {port} = await sentinel(watching('hub', await freePort(), 1))
    const url = `sentinel://127.0.0.1:${port}`
    await expect
      .poll(() => reach(url).catch(error => error), {timeout: 5000})
      .toMatchObject({code: 'master-down', message: expect.stringContaining('is down')})
    const plain = await redis()
    await expect(reach(`sentinel://127.0.0.1:${plain.port}`)).rejects.toMatchObject({
      code: 'no-sentinel',
      message: expect.stringContaining(`is a Redis, not a Sentinel: use redis://127.0.0.1:${plain.port}`),
    })
    await expect(reach(`redis://127.0.0.1:${port}/1`)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`use sentinel://127.0.0.1:${port}`),
    })
    await expect(reach(`redis://127.0.0.1:${port}`)).rejects.toMatchObject({
      message: expect.stringContaining(`use sentinel://127.0.0.1:${port}`),
    })
  })

  it('a master that cannot be reached from here, as a Sentinel in a container names it', async () => {
    // Nobody has an address of this range: documentation is written with it.
    const {port} = await sentinel(['sentinel monitor hub 192.0.2.7 6379 1'])
    await expect(reach(`sentinel://127.0.0.1:${port}/3`)).rejects.toMatchObject({
      code: 'master-unreachable',
      message: expect.stringMatching(
        /^192\.0\.2\.7:6379\/3 .*: it is the master "hub" by Sentinel 127\.0\.0\.1/,
      ),
    })
  })

  it('a master that has become a replica is not taken for one', async () => {
    const master = await redis()
    const {port} = await sentinel(watching('hub', master.port, 1))
    await master.cli('REPLICAOF', '127.0.0.1', String(await freePort()))
    await expect(reach(`sentinel://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'master-down',
      message: expect.stringContaining('says that it is a replica'),
    })
  })
})

describe('a node of a Redis Cluster', () => {
  const cluster = () => redis({args: ['--cluster-enabled', 'yes']})
  it.each(['0', '1'])('is told in one word, database %s', async database => {
    const {port} = await cluster()
    await expect(reach(`redis://127.0.0.1:${port}/${database}`)).rejects.toMatchObject({
      code: 'cluster',
      message: expect.stringContaining('is a node of a Redis Cluster, which Celery cannot use as its broker'),
    })
  })

  it('is told by what it answers, where a user may not ask INFO', async () => {
    const server = await cluster()
    await server.cli('ACL', 'SETUSER', 'little', 'on', '>secret', '+@all', '-info', '~*', '&*')
    const reached = await reach(`redis://little:secret@127.0.0.1:${server.port}`)
    await expect(readCelery(reached, {passive: true}, never)).rejects.toMatchObject({
      code: 'cluster',
      because: 'redis',
    })
  })
})
