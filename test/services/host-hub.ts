import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {type FlowerOptions, type FlowerStandIn, startFlower} from '../stand-ins/flower.ts'
import {type CeleryApp, type CeleryAppOptions, createCeleryApp, type WorkerService} from './celery.ts'
import {until} from './hub.ts'
import {makeOperator, type Operator} from './operator.ts'
import {type RedisService, type RedisServiceOptions, startRedis} from './redis.ts'

/** A hub without containers, and who looks after it: a Redis that keeps its data, a Celery application, and Flower as far as it is asked for. */
export type HostHub = Operator & {
  redis: RedisService
  app: CeleryApp
  /** Flower, replayed, that sees these nodes online, in place of the one before; the events that it counted are of the first. */
  flower: (nodes: readonly string[], options?: FlowerOptions) => Promise<FlowerStandIn>
  /** What `--redis-url` names: as its nodes have it, as long as nobody changes it. */
  redisUrl: string
  /** Lets all results be of so many seconds ago. */
  ageResults: (seconds: number) => Promise<unknown>
  /** Starts a node, and again whenever it ends by itself: as systemd and Docker do. */
  supervise: (name: string) => Promise<void>
  /** How many would get a request of remote control: nodes, hung ones too. */
  listeners: () => Promise<number>
  /** Ends every node as `celery control shutdown` does. */
  shutDown: () => Promise<void>
  /** Another application on the same broker; ends with the hub. */
  otherApp: (options: CeleryAppOptions, broker?: string) => Promise<CeleryApp>
  /** Carried out at the end, the last one first. */
  atEnd: (work: () => Promise<unknown>) => void
}

const setDates = `for _, key in ipairs(redis.call('KEYS', 'celery-task-meta-*')) do
  local dated = string.gsub(redis.call('GET', key), '"date_done": "[^"]*"', '"date_done": "' .. ARGV[1] .. '"')
  redis.call('SET', key, dated, 'KEEPTTL')
end`

/** How its Redis is started: further words for it and in front of it, and the password that it asks for. */
export type HostRedis = Pick<RedisServiceOptions, 'args' | 'as'> & {password?: string}

/** Keeps its data, and refuses writes at its limit. */
function startBroker({args = [], as = [], password}: HostRedis): Promise<RedisService> {
  const asking = password === undefined ? [] : ['--requirepass', password]
  return startRedis({
    args: [
      ...['--appendonly', 'yes', '--maxmemory', '512mb', '--maxmemory-policy', 'noeviction'],
      ...asking,
      ...args,
    ],
    ...(password === undefined ? {} : {cliArgs: ['-a', password, '--no-auth-warning']}),
    as,
  })
}

/** Makes a hub, works with it and takes it away. */
export async function onHostHub(
  options: CeleryAppOptions,
  work: (hub: HostHub) => Promise<void>,
  broker: HostRedis = {},
): Promise<void> {
  const ends: (() => Promise<unknown>)[] = []
  try {
    const redis = await startBroker(broker)
    ends.push(redis.stop)
    const {password} = broker
    const url = password === undefined ? redis.url : redis.url.replace('//', `//default:${password}@`)
    const backend = url.replace(/0$/, '1')
    const app = await createCeleryApp(url, backend, 'json', options)
    ends.push(app.stop)
    const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-typed-'))
    ends.push(() => rm(folder, {recursive: true}))
    let flower: FlowerStandIn | undefined
    let hub: HostHub | undefined
    ends.push(async () => flower?.close())
    const operator = await makeOperator(folder, {
      doctorWords: words => [
        ...[
          '--redis-url',
          hub?.redisUrl ?? url,
          ...(flower === undefined ? [] : ['--flower-url', flower.url]),
        ],
        // The tasks that Flower tells of are those of a recording.
        ...(flower === undefined || words.includes('--only') ? [] : ['--skip', 'tasks']),
        // A machine that runs a dozen nodes beside this one is slow, and that is not what is wrong here.
        ...(words.includes('--timeout') ? [] : ['--timeout', '15s']),
      ],
    })
    const listeners = async () => Number(await redis.cli('PUBLISH', '/0.celery.pidbox', ''))
    hub = {
      ...operator,
      redis,
      app,
      redisUrl: url,
      ageResults: seconds =>
        redis.cli(
          ...['-n', '1', 'EVAL', setDates, '0'],
          new Date(Date.now() - seconds * 1000).toISOString().replace('Z', '000'),
        ),
      async flower(nodes, options = {}) {
        await flower?.close()
        flower = await startFlower({...options, nodes})
        return flower
      },
      async supervise(name) {
        let over = false
        const start = () => app.worker('-n', name, '-c', '1', '-E')
        const keepUp = async (worker: WorkerService | null): Promise<void> => {
          await worker?.ended
          if (!over) await keepUp(await start().catch(() => null))
        }
        const kept = keepUp(await start())
        ends.push(async () => {
          over = true
          await app.stop()
          await kept
        })
      },
      listeners,
      async shutDown() {
        // Nobody answers to it.
        await app.celery('control', 'shutdown').catch(() => {})
        await until('no node listens', 15, async () => (await listeners()) === 0)
      },
      async otherApp(other, where = url) {
        const made = await createCeleryApp(where, backend, 'json', other)
        ends.push(made.stop)
        return made
      },
      atEnd: end => ends.push(end),
    }
    await work(hub)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
