import {afterEach, describe, expect, it} from 'vitest'
import {type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {readRedis} from '../../src/sources/redis/read.ts'
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
})
