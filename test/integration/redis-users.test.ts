import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {aclText, wordsFor} from '../../src/redis-users/acl-file.ts'
import {type RedisUserName, redisUsers} from '../../src/redis-users/registry.ts'
import {completed, hashesOf, type Passwords} from '../../src/secrets/contents.ts'
import {type CeleryApp, createCeleryApp, type WorkerService} from '../services/celery.ts'
import {hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {type RedisService, redisCli, startRedis} from '../services/redis.ts'

const passwords: Passwords = completed({redis: {}, flower: null, login: null})
const observer = ['--user', 'observer', '--pass', 'canary-observer', '--no-auth-warning']
const tasks = `
@app.task
def total(numbers):
    return sum(numbers)

@app.task(bind=True)
def progress(self):
    self.update_state(state='PROGRESS', meta={'done': 1})
    return 1
`
/** Messages that a node does not acknowledge come back after 2 s. */
const conf = {broker_transport_options: {visibility_timeout: 2}}

let folder: string
let redis: RedisService
let app: CeleryApp
let flower: CeleryApp
let node: WorkerService
const url = (user: RedisUserName, database = 0) =>
  `redis://${user}:${passwords.redis[user]}@127.0.0.1:${redis.port}/${database}`

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-users-'))
  const acl = path.join(folder, 'redis_acl')
  const watching = 'user observer on >canary-observer +@all ~* &*'
  const version = /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], {encoding: 'utf8'}))?.[1] ?? ''
  const lines = aclText({hashes: hashesOf(passwords), others: [watching]}).split('\n')
  writeFileSync(acl, lines.map(line => wordsFor(version, line.split(' ')).join(' ')).join('\n'))
  redis = await startRedis({args: ['--aclfile', acl], cliArgs: observer})
  const listensAt = {redisCli: ['-p', String(redis.port), ...observer], channel: '/0.celery.pidbox'}
  app = await createCeleryApp(url('worker'), url('worker', 1), 'json', {tasks, conf, listensAt})
  flower = await createCeleryApp(url('flower'), url('flower', 1), 'json', {tasks, conf})
  node = await app.worker('-c', '2', '-E', '-n', 'one@here')
})
afterAll(async () => {
  await app?.stop()
  await flower?.stop()
  await redis?.stop()
  rmSync(folder, {recursive: true, force: true})
})
beforeEach(async () => {
  await redis.cli('ACL', 'LOG', 'RESET')
})

/** What Redis refused: `worker: command flushall`. */
async function refusals(): Promise<string[]> {
  const log = JSON.parse(await redis.cli('--json', 'ACL', 'LOG', '128')) as {
    reason: string
    object: string
    username: string
  }[]
  return log.map(({reason, object, username}) => `${username}: ${reason} ${object}`)
}

/** What Redis answers this user. */
async function as(user: RedisUserName, ...words: string[]): Promise<string> {
  const cli = ['--user', user, '--pass', passwords.redis[user], '--no-auth-warning']
  return await redis.cli(...cli, ...words)
}

const mon = (...words: string[]) =>
  hubMon(words, {cwd: folder, env: quietEnvironment({XDG_STATE_HOME: folder})})

it('nobody is let in without a name', async () => {
  expect(await redisCli(['-p', String(redis.port), 'PING'])).toContain('NOAUTH')
  for (const [user, password] of [
    ['default', ''],
    ['default', passwords.redis.worker],
    ['worker', passwords.redis.flower],
  ] as const)
    expect(await redis.cli('--user', user, '--pass', password, '--no-auth-warning', 'PING'), user).toMatch(
      /WRONGPASS|NOAUTH/,
    )
})

describe('the worker', () => {
  it('runs tasks, groups, chords, retries and results, now and later, by priority', async () => {
    const said = await app.python(`
from celery import chain, chord, group
from celery.result import GroupResult
from tasks import *

assert [add.delay(n, 1).get(timeout=20) for n in range(3)] == [1, 2, 3]
assert group(add.s(n, n) for n in range(4))().get(timeout=20) == [0, 2, 4, 6]
assert chord([add.s(n, n) for n in range(4)])(total.s()).get(timeout=20) == 12
assert chain(add.s(1, 2), add.s(3))().get(timeout=20) == 6
again.delay().get(timeout=20)
try: boom.delay('x').get(timeout=20)
except ValueError: pass
assert progress.delay().get(timeout=20) == 1
later = add.apply_async((1, 1), countdown=1, priority=5)
assert later.get(timeout=20) == 2
later.forget()
saved = group(add.s(n, n) for n in range(2))()
saved.save()
assert saved.get(timeout=20) == [0, 2]
# Asked for by state: who subscribes to a result that is there already waits in vain.
assert GroupResult.restore(saved.id, app=app).successful()
saved.forget()
print('done')`)
    expect(said).toBe('done\n')
    expect(await refusals()).toEqual([])
  })

  it('gives back what was not acknowledged in time, takes single messages, purges and deletes queues', async () => {
    const said = await app.python(`
import time
from tasks import *

held = [late.delay(3) for _ in range(4)]
for result in held: result.get(timeout=60)
for n in range(5): add.apply_async((1, 1), queue='nobody', priority=n)
with app.connection() as connection:
    channel = connection.default_channel
    one = channel.basic_get('nobody')
    channel.basic_reject(one.delivery_tag, requeue=True)
    print(channel.queue_purge('nobody'))
    channel.queue_delete('nobody')`)
    expect(said).toBe('5\n')
    // The mutex is a script of a lock: it is taken now and then, by whoever comes first.
    expect(await redis.cli('EXISTS', 'nobody')).toBe('0')
    expect(await refusals()).toEqual([])
  })

  it('is told to end, and gives back what it has not begun', async () => {
    await app.python('from tasks import *\nfor n in range(8): sleepy.delay(1)')
    await node.stop('SIGTERM')
    expect(Number(await redis.cli('LLEN', 'celery'))).toBeGreaterThan(0)
    expect(await refusals()).toEqual([])
    node = await app.worker('-c', '2', '-E', '-n', 'one@here')
    await expect.poll(() => redis.cli('LLEN', 'celery'), {timeout: 20_000}).toBe('0')
  })

  it.each([
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['CONFIG', 'GET', '*'],
    ['CONFIG', 'SET', 'requirepass', ''],
    ['KEYS', '*'],
    ['ACL', 'LIST'],
    ['ACL', 'SETUSER', 'worker', '+@all'],
    ['SCRIPT', 'FLUSH'],
    ['EVAL', 'return redis.call("FLUSHALL")', '0'],
    ['SHUTDOWN'],
    ['MONITOR'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['MODULE', 'LIST'],
    ['CLIENT', 'LIST'],
    ['SAVE'],
  ])('may not %s %s', async (...words) => {
    expect(await as('worker', ...words)).toMatch(/NOPERM/)
  })
})

describe('Flower', () => {
  it('hears events, asks nodes, counts queues and reads results', async () => {
    await app.python('from tasks import *\nadd.apply_async((1, 2), task_id="a-task").get(timeout=20)')
    const [said] = await Promise.all([
      flower.python(`
import collections, threading, time
from celery.events import EventReceiver
from tasks import *

seen = collections.Counter()
def count(event): seen[event['type']] += 1
with app.connection() as connection:
    receiver = EventReceiver(connection, handlers={'*': count}, app=app)
    def capture():
        try: receiver.capture(limit=None, timeout=4, wakeup=True)
        except Exception: pass
    threading.Thread(target=capture, daemon=True).start()
    time.sleep(1)
    inspect = app.control.inspect(timeout=2)
    for name in ('stats', 'active', 'registered', 'scheduled', 'reserved', 'revoked', 'active_queues', 'conf'):
        assert getattr(inspect, name)(), name
    app.control.enable_events()
    time.sleep(4)
    with app.connection() as second:
        print(second.default_channel.client.llen('celery'))
    assert app.AsyncResult('a-task').get(timeout=9) == 3
    assert seen['worker-heartbeat'] > 0 and seen['task-received'] > 0, seen
print('done')`),
      app.python('import time\nfrom tasks import *\ntime.sleep(3)\nfor n in range(4): add.delay(n, 1)'),
    ])
    expect(said).toMatch(/done\n$/)
    expect(await flower.celery('inspect', 'ping', '-t', '2')).toContain('pong')
    expect(await refusals()).toEqual([])
  })

  it.each([['FLUSHALL'], ['CONFIG', 'GET', '*'], ['KEYS', '*'], ['ACL', 'LIST'], ['SETEX', 'a', '1', 'b']])(
    'may not %s %s',
    async (...words) => {
      expect(await as('flower', ...words)).toMatch(/NOPERM/)
    },
  )
})

describe('hub-mon', () => {
  it('records, and says how long it has', async () => {
    const recorder = startHubMon(['record', '--for', '14s', '--redis-url', url('recorder')], {cwd: folder})
    await app.python('import time\nfrom tasks import *\nfor n in range(20): add.delay(n, 1); time.sleep(.4)')
    expect(await recorder.ended).toMatchObject({code: 0})
    expect(await refusals()).toEqual([])
    expect((await redis.cli('KEYS', 'hub-mon:*:bucket:*')).split('\n').length).toBeGreaterThan(2)
    // Under its own names it writes; a queue it may read.
    for (const words of [
      ['SET', 'celery', 'x'],
      ['DEL', 'celery'],
      ['LPUSH', 'celery', 'x'],
      ['FLUSHALL'],
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['ACL', 'LIST'],
    ])
      expect(await as('recorder', ...words), words.join(' ')).toMatch(/NOPERM/)
  })

  it.each([
    ['hub-mon-ask', ['doctor']],
    ['hub-mon-passive', ['doctor', '--passive']],
    ['hub-mon-ask', ['stats', '--since', '15m']],
    ['hub-mon-passive', ['stats', '--since', '15m', '--passive']],
    ['hub-mon-ask', ['workers']],
    ['hub-mon-ask', ['queues']],
    ['hub-mon-ask', ['tasks']],
    ['hub-mon-ask', ['task', 'a-task']],
    ['hub-mon-ask', ['metrics']],
    ['hub-mon-ask', ['workers', 'ping']],
  ] as const)('as %s: %s', async (user, words) => {
    const {stdout, stderr} = await mon(...words, '--redis-url', url(user))
    expect(stdout + stderr).not.toMatch(/NOPERM|Redis refuses|was refused/)
    expect(stdout).not.toBe('')
    expect(await refusals()).toEqual([])
  })

  it('purges and puts back as the user that may', async () => {
    await app.python('from tasks import *\nfor n in range(6): add.apply_async((n, 1), queue="nobody")')
    const kept = path.join(folder, 'kept.jsonl')
    const to = ['--redis-url', url('hub-mon-act'), '--yes']
    expect((await mon('queues', 'purge', 'nobody', '--keep', kept, ...to)).code).toBe(0)
    expect((await mon('queues', 'restore', kept, ...to)).code).toBe(0)
    expect(await redis.cli('LLEN', 'nobody')).toBe('6')
    expect(await refusals()).toEqual([])
  })

  const writes = [
    ['SET', 'a', 'b'],
    ['DEL', 'nobody'],
    ['RPOP', 'nobody'],
    ['LPUSH', 'nobody', 'x'],
    ['SADD', '_kombu.binding.celery', 'x'],
    ['HSET', 'hub-mon:0:failures', 'a', 'b'],
    ['PUBLISH', '/0.celeryev/x', 'x'],
    ['EXPIRE', 'nobody', '1'],
    ['RENAME', 'nobody', 'b'],
    ['FLUSHALL'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['EVAL', 'return 1', '0'],
    ['ACL', 'SETUSER', 'hub-mon-ask', '+@all'],
  ]
  it.each(['hub-mon-ask', 'hub-mon-passive'] as const)('writes nothing of the hub as %s', async user => {
    for (const words of writes) expect(await as(user, ...words), words.join(' ')).toMatch(/NOPERM/)
  })

  it('speaks to nodes as ask, and to nobody as passive', async () => {
    expect(await as('hub-mon-ask', 'PUBLISH', '/0.celery.pidbox', '')).toBe('1')
    expect(await as('hub-mon-ask', 'LPUSH', 'x.reply.celery.pidbox', '')).toMatch(/NOPERM/)
    expect(await as('hub-mon-passive', 'PUBLISH', '/0.celery.pidbox', '')).toMatch(/NOPERM/)
  })

  it('asks what its own user may do', async () => {
    for (const user of ['hub-mon-ask', 'hub-mon-passive', 'hub-mon-act', 'hub-mon-admin'] as const) {
      expect(await as(user, 'ACL', 'WHOAMI')).toBe(user)
      expect(await as(user, 'ACL', 'DRYRUN', user, 'FLUSHALL')).toMatch(/no permissions/i)
    }
  })

  it('changes users as admin, and sees nothing', async () => {
    expect(await as('hub-mon-admin', 'ACL', 'SETUSER', 'health', '>canary-second')).toBe('OK')
    expect(await redis.cli('--user', 'health', '--pass', 'canary-second', '--no-auth-warning', 'PING')).toBe(
      'PONG',
    )
    expect(await as('hub-mon-admin', 'ACL', 'SETUSER', 'health', '<canary-second')).toBe('OK')
    expect(await as('hub-mon-admin', 'CLIENT', 'LIST')).toContain('user=worker')
    expect(await refusals()).toEqual([])
    for (const words of [
      ['GET', 'a'],
      ['SCAN', '0'],
      ['LLEN', 'nobody'],
      ['FLUSHALL'],
      ['CONFIG', 'GET', '*'],
    ])
      expect(await as('hub-mon-admin', ...words), words.join(' ')).toMatch(/NOPERM/)
  })
})

it('the health check says PING, and that is all', async () => {
  expect(await as('health', 'PING')).toBe('PONG')
  for (const words of [['GET', 'a'], ['INFO'], ['ACL', 'WHOAMI']])
    expect(await as('health', ...words), words.join(' ')).toMatch(/NOPERM/)
})

it('an ACL file of ours is taken as it stands: Redis tells the same users', async () => {
  const told = (await redis.cli('ACL', 'LIST')).split('\n')
  for (const {name} of redisUsers)
    expect(
      told.find(line => line.startsWith(`user ${name} `)),
      name,
    ).toMatch(/^user \S+ on .*#[0-9a-f]{64}/)
})
