import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp, type WorkerService} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {hubMon, startHubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const bindings = '_kombu.binding.reply.celery.pidbox'
let redis: RedisService
let app: CeleryApp
let hung: WorkerService
let taskId: string

beforeAll(async () => {
  redis = await startRedis()
  app = await createCeleryApp(redis.url, redis.url.replace(/0$/, '1'))
  await app.worker('-n', 'well@test', '-c', '1', '-E')
  hung = await app.worker('-n', 'hung@test', '-c', '1', '-E', '-Q', 'other')
  // What a broker holds in an ordinary hour: results, what runs, what is held for its ETA, what nobody takes.
  taskId = (
    await app.python(
      `import tasks
r = tasks.add.delay(1, 2); r.get()
tasks.late.delay(600)
tasks.add.apply_async((1, 2), countdown=3000)
for p in (0, 3, 9): tasks.add.apply_async((1, 2), queue='orphan', priority=p)
print(r.id)`,
    )
  ).trim()
  await until('the node holds two', 10, async () => (await redis.cli('HLEN', 'unacked')) === '2')
})
afterAll(async () => {
  await app?.stop()
  await redis?.stop()
})

/** Every key with its type, what is in it as far as a stranger can change it, and who listens. */
async function broker(): Promise<string[]> {
  const script = `
    local out = {}
    for _, key in ipairs(redis.call('KEYS', '*')) do
      local type = redis.call('TYPE', key).ok
      local inside = ''
      if type == 'set' then local m = redis.call('SMEMBERS', key); table.sort(m); inside = table.concat(m, ' ') end
      if type == 'list' then inside = table.concat(redis.call('LRANGE', key, 0, -1), ' ') end
      if type == 'hash' then inside = redis.call('HLEN', key) end
      if type == 'zset' then inside = table.concat(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), ' ') end
      if type == 'string' then inside = redis.call('GET', key) end
      table.insert(out, type .. ' ' .. key .. ' ' .. inside)
    end
    table.sort(out)
    return out`
  const clients = (await redis.cli('CLIENT', 'LIST')).split('\n')
  return [
    ...(await redis.cli('EVAL', script, '0')).split('\n'),
    ...(await redis.cli('-n', '1', 'EVAL', script, '0')).split('\n'),
    `channels ${await redis.cli('PUBSUB', 'CHANNELS')}`,
    `patterns ${await redis.cli('PUBSUB', 'NUMPAT')}`,
    `subscribers ${clients.filter(line => / (p?sub)=[1-9]/.test(line)).length}`,
    `connections of others than Celery ${clients.filter(line => / name=hub-mon/.test(line)).length}`,
  ]
}

const address = () => ['--redis-url', redis.url]
const reads = () => [
  ['doctor'],
  ['doctor', '--json'],
  ['stats'],
  ['workers'],
  ['workers', 'ping'],
  ['queues'],
  ['tasks'],
  ['tasks', '--running', '--reserved', '--scheduled', '--waiting', '--succeeded', '--failed'],
  ['task', taskId],
]

describe('the broker is as before', () => {
  it('after every command that reads, with all nodes well and with one that is hung', async () => {
    for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
      hung.process.kill(signal)
      for (const words of reads()) {
        const before = await broker()
        const {code, stderr} = await hubMon([...words, ...address()])
        // A ping that was not answered is a failure, not a verdict.
        const codes = words[1] === 'ping' ? [0, 69] : [0, 1, 2, 3]
        expect(codes, `${words.join(' ')}\n${stderr}`).toContain(code)
        expect(await broker(), words.join(' ')).toEqual(before)
      }
    }
  })

  it('after Ctrl-C at any moment', async () => {
    hung.process.kill('SIGSTOP')
    const before = await broker()
    const commands = reads()
    const start = performance.now()
    await Promise.all([0, 1].map(() => hubMon(['doctor', ...address()])))
    const whole = performance.now() - start
    const codes: (number | null)[] = []
    const lane = async (first: number) => {
      for (let nth = first; nth < 20; nth += 2) {
        const words = commands[nth % commands.length] ?? []
        const {child, ended} = startHubMon([...words, ...address()])
        // From before hub-mon can know of it until it may have ended by itself.
        const timer = setTimeout(() => child.kill('SIGINT'), whole * (0.2 + nth * 0.04))
        codes.push((await ended).code)
        clearTimeout(timer)
      }
    }
    await Promise.all([lane(0), lane(1)])
    expect(codes.filter(code => code === 130).length, codes.join()).toBeGreaterThan(5)
    expect(await broker()).toEqual(before)
  })

  it('after Ctrl-C while it watches', async () => {
    hung.process.kill('SIGCONT')
    const before = await broker()
    await Promise.all(
      ['workers', 'queues', 'tasks'].map(async command => {
        const {child, ended} = startHubMon([command, '--watch', '1s', ...address()])
        let looks = 0
        child.stdout?.on('data', () => {
          looks += 1
        })
        try {
          await until(`${command} has looked twice`, 20, () => looks > 1)
        } finally {
          child.kill('SIGINT')
        }
        expect([0, 130], command).toContain((await ended).code)
      }),
    )
    expect(await broker()).toEqual(before)
  })

  it('after a kill but for one binding and one list, which the next run takes once they are an hour old', async () => {
    hung.process.kill('SIGSTOP')
    const before = await broker()
    const {child, ended} = startHubMon(['doctor', ...address()])
    // The node that is well has answered; the other one is still waited for.
    await until('it has asked', 10, async () => (await redis.cli('SMEMBERS', bindings)) !== '')
    child.kill('SIGKILL')
    await ended
    hung.process.kill('SIGCONT')
    await until('both nodes answer', 10, async () => {
      const {code} = await hubMon(['doctor', ...address(), '--only', 'celery.nodes-answering'])
      return code === 0
    })
    const left = (await redis.cli('SMEMBERS', bindings)).split('\n')
    expect(left).toHaveLength(1)
    const [oid = ''] = (left[0] ?? '').split('\x06\x16')
    const lists = (await redis.cli('KEYS', '*.reply.celery.pidbox')).split('\n')
    expect(lists.filter(list => list !== bindings && list !== '')).toEqual([`${oid}.reply.celery.pidbox`])
    await hubMon(['doctor', ...address()])
    expect(await redis.cli('SMEMBERS', bindings), 'the young one stays').toBe(left[0])

    const old = oid.replace(/-(\d{13})-/, (_, made) => `-${Number(made) - 3_601_000}-`)
    expect(old).not.toBe(oid)
    await redis.cli('SREM', bindings, left[0] ?? '')
    await redis.cli('SADD', bindings, `${old}\x06\x16\x06\x16${old}.reply.celery.pidbox`)
    await redis.cli('RENAME', `${oid}.reply.celery.pidbox`, `${old}.reply.celery.pidbox`)
    await hubMon(['doctor', ...address()])
    hung.process.kill('SIGSTOP')
    expect(await broker()).toEqual(before)
  })
})
