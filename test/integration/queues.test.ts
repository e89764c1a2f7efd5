import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Redis} from 'ioredis'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {CeleryFacts, CeleryQuestion, Queue} from '../../src/snapshot/celery.ts'
import {readCelery} from '../../src/sources/celery/read.ts'
import {reachRedis} from '../../src/sources/redis/reach.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {type Ended, hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

const never = new AbortController().signal
const sep = '\x06\x16'
let redis: RedisService
let client: Redis
let app: CeleryApp
let folder: string

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.port, '127.0.0.1')
  app = await createCeleryApp(redis.url)
})
afterAll(async () => {
  client.disconnect()
  await app.stop()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-queues-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

async function look(question: Partial<CeleryQuestion> = {}, url = redis.url): Promise<CeleryFacts> {
  const reach = await reachRedis({url, stack: Promise.resolve(null)}, never)
  try {
    return (await readCelery(reach, {passive: false, messages: true, ...question}, never)).value
  } finally {
    await reach.close()
  }
}

async function queue(name: string, question: Partial<CeleryQuestion> = {}): Promise<Queue> {
  const found = (await look(question)).queues.find(one => one.name === name)
  if (found === undefined) throw new Error(`no queue ${name}`)
  return found
}

const options = () => ({
  cwd: folder,
  env: quietEnvironment({XDG_STATE_HOME: path.join(folder, 'state'), TZ: 'UTC'}),
})
const command = (...words: string[]): Promise<Ended> =>
  hubMon(['queues', ...words, '--redis-url', redis.url], options())

/** A message as kombu writes it, with what tells it from others. */
const message = (id: string, more = '') =>
  `{"body": "W10=", "content-encoding": "utf-8", "content-type": "application/json", "headers": {"task": "tasks.add", "eta": null, "retries": 0, "id": "${id}"}${more}}`
const aroundId = message('#').split('#')
const bind = (name: string) => client.sadd(`_kombu.binding.${name}`, [name, '', name].join(sep))

/** Messages of a list, next to be taken first. */
const listed = async (key: string) =>
  (await client.lrangeBuffer(key, 0, -1)).reverse().map(bytes => bytes.toString('latin1'))
const ownKeys = async () => (await client.keys('*hub-mon*')).sort()

describe('what waits', () => {
  it('is looked at over all priorities, by its headers alone; what is not JSON is counted by name', async () => {
    await app.python(`import tasks
for n in range(3): tasks.add.apply_async((n, 'CANARY'), queue='mail')
tasks.sleepy.apply_async((1,), queue='mail', priority=9, serializer='pickle')
tasks.boom.apply_async(('x',), queue='orphan', priority=6)`)
    const facts = await look()
    const [mail, orphan] = facts.queues
    expect(mail).toMatchObject({
      name: 'mail',
      ready: 4,
      byPriority: {0: 3, 3: 0, 6: 0, 9: 1},
      unacked: 0,
      sample: {
        messages: 4,
        complete: true,
        oldest: {task: 'tasks.add', eta: null, retries: 0},
        byTask: [
          {task: 'tasks.add', messages: 3},
          {task: 'tasks.sleepy', messages: 1},
        ],
        unreadable: [{contentType: 'application/x-python-serialize', messages: 1}],
      },
    })
    expect(mail?.sample?.seen).toHaveLength(4)
    expect(orphan).toMatchObject({name: 'orphan', ready: 1, sample: {oldest: {task: 'tasks.boom'}}})
    expect(JSON.stringify(facts)).not.toContain('CANARY')
  })

  it('is told in bounded time and memory where each message has 10 MB', async () => {
    await bind('large')
    const large = 'A'.repeat(10 * 1024 * 1024)
    for (let n = 0; n < 8; n += 1) await client.lpush('large', message(`m${n}`, `, "padding": "${large}"`))
    const start = performance.now()
    const {sample, ready} = await queue('large')
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(ready).toBe(8)
    expect(sample).toMatchObject({messages: 1, complete: false, oldest: {id: 'm0'}})
    expect(sample?.averageBytes).toBeGreaterThan(5_000_000)
  })

  it('costs the same with a million messages as with none', async () => {
    await Promise.all([bind('empty'), bind('full')])
    const time = async () => {
      const start = performance.now()
      const facts = await look()
      return {facts, milliseconds: performance.now() - start}
    }
    await time()
    const before = await time()
    const fill = `for i = 1, 1000000 do redis.call('LPUSH', KEYS[1], ARGV[1] .. i .. ARGV[2]) end`
    await client.eval(fill, 1, 'full', ...aroundId)
    const after = await time()
    const full = after.facts.queues.find(({name}) => name === 'full')
    expect(full).toMatchObject({
      ready: 1_000_000,
      sample: {messages: 100, complete: false, oldest: {task: 'tasks.add'}},
    })
    // Another order of magnitude would be a second and more.
    expect(after.milliseconds).toBeLessThan(before.milliseconds + 150)
  })

  it('is told by ends of growing size to a user who may not ask for its weight', async () => {
    await bind('mail')
    for (let n = 0; n < 300; n += 1) await client.lpush('mail', message(`m${n}`))
    await client.call(
      'ACL',
      'SETUSER',
      'poor',
      'on',
      '>secret',
      '~*',
      '&*',
      '+@all',
      '-memory',
      '-lpos',
      '-object',
    )
    const url = redis.url.replace('//', '//poor:secret@')
    const mail = (await look({secondLook: 0.2}, url)).queues.find(({name}) => name === 'mail')
    expect(mail).toMatchObject({
      sample: {messages: 100, complete: false, oldest: {id: 'm0'}},
      flow: {ready: 300, arrived: null, taken: null},
    })
  })

  it('moves: what came and went between two looks is counted', async () => {
    await bind('mail')
    for (let n = 0; n < 20; n += 1) await client.lpush('mail', message(`m${n}`))
    const moving = (async () => {
      await new Promise(resolve => setTimeout(resolve, 250))
      for (let n = 0; n < 5; n += 1) await client.rpop('mail')
      for (let n = 0; n < 7; n += 1) await client.lpush('mail', message(`n${n}`))
    })()
    const moved = await queue('mail', {secondLook: 1})
    await moving
    expect(moved).toMatchObject({
      ready: 20,
      flow: {ready: 22, arrived: 7, taken: 5, headUnchanged: false},
    })
    const still = await queue('mail', {secondLook: 0.2})
    expect(still.flow).toMatchObject({arrived: 0, taken: 0, headUnchanged: true})
  })

  it('is counted by the consumers where nothing stays to count by, and its unacknowledged messages by queue', async () => {
    await app.worker('-n', 'one@test', '-c', '1', '-P', 'solo', '-Q', 'fast')
    const sending = app.start(`import tasks, time
end = time.time() + 5
while time.time() < end:
    tasks.add.apply_async((1, 2), queue='fast'); time.sleep(0.02)`)
    try {
      await expect
        .poll(async () => (await queue('fast', {secondLook: 0.6})).flow?.taken, {timeout: 5000})
        .toBeGreaterThan(3)
    } finally {
      sending.kill('SIGKILL')
    }
    await app.python(
      "import tasks\nfor n in range(3): tasks.add.apply_async((n, 1), queue='fast', countdown=60)",
    )
    const held = async () => (await look({scheduled: true})).unacked
    await expect.poll(async () => (await held()).sample?.length, {timeout: 5000}).toBe(3)
    const unacked = await held()
    expect(unacked).toMatchObject({messages: 3, ownersKnown: true})
    expect(unacked.sample?.[0]).toMatchObject({task: 'tasks.add', queue: 'fast', owner: 'one@test'})
    expect(unacked.sample?.[0]?.eta).not.toBeNull()
    expect((await queue('fast')).unacked).toBe(3)
  })

  it('reply lists that nobody waits for are counted, whatever the control exchange is called', async () => {
    await client.lpush('a1.reply.celery.pidbox', 'x'.repeat(5000))
    await client.lpush('a2.reply.other.pidbox', 'x')
    expect((await look()).replyLists).toMatchObject({lists: 2, abandoned: 0})
    const {bytes} = (await look()).replyLists ?? {}
    expect(bytes).toBeGreaterThan(5000)
  })
})

describe('hub-mon queues', () => {
  it('shows each queue, the worst first, with what is wrong and what to type', async () => {
    await Promise.all([bind('mail'), bind('bad\x1b[2Jname')])
    await client.lpush('bad\x1b[2Jname', message('m1').replace('application/json', 'application/x-yaml'))
    const {code, stdout, stderr} = await command('--interval', '200ms')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toContain('\x1b')
    expect(stdout).toMatch(
      /bad\\x1b\[2Jname +1 .*tasks\.add, unchanged for 200 ms .*1 of 1 in application\/x-yaml\n/,
    )
    expect(stdout).toMatch(/Next: hub-mon doctor --redis-url/)
    const json = await command('--interval', '200ms', '--json')
    const document = JSON.parse(json.stdout)
    expect(complaints('queues@1', document)).toEqual([])
    expect(document.data.queues[0]).toMatchObject({name: 'bad\x1b[2Jname', trend: 'steady', inPerSecond: 0})
    expect(await ownKeys()).toEqual([])
  })

  it('waits between its looks as long as it is told, beyond --timeout', async () => {
    await bind('mail')
    const {code, stdout} = await command('--interval', '2s', '--timeout', '2s', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).data.queues[0].flow.seconds).toBeGreaterThanOrEqual(2)
  })
})

describe('purge and restore', () => {
  const fileIn = async () => {
    const files = (await readdir(folder)).filter(name => name.includes('.jsonl'))
    return files.length === 0 ? null : path.join(folder, files[0] ?? '')
  }

  it('give every message back byte for byte, in its order and on its priority', async () => {
    await app.python(`import tasks
for n in range(25): tasks.add.apply_async((n, 'é'), queue='mail', priority=n % 10)`)
    await client.rpush('mail', Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x0d]), 'line\u2028end\r\n"\\', '')
    await client.lpush('mail', message('big', `, "padding": "${'A'.repeat(5_000_000)}"`))
    const keys = ['mail', ...[3, 6, 9].map(step => `mail${sep}${step}`)]
    const before = await Promise.all(keys.map(listed))
    const purged = await command('purge', 'mail', '--yes', '--json')
    expect(purged.stderr).toBe('')
    const document = JSON.parse(purged.stdout)
    expect(complaints('purge@1', document)).toEqual([])
    expect(document.data).toMatchObject({queue: 'mail', messages: 29})
    const file = document.data.file as string
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await client.exists(...keys)).toBe(0)
    expect(await ownKeys()).toEqual([])
    const restored = await command('restore', file, '--yes', '--json')
    const answer = JSON.parse(restored.stdout)
    expect(complaints('restore@1', answer)).toEqual([])
    expect(answer.data).toMatchObject({
      queues: [{queue: 'mail', messages: 29, behind: false}],
      files: [`${file}.restored`],
    })
    expect(await Promise.all(keys.map(listed))).toEqual(before)
    expect(await ownKeys()).toEqual([])
    expect(await command('restore', file, '--yes')).toMatchObject({code: 64})
    expect(await command('restore', `${file}.restored`, '--yes')).toMatchObject({code: 64})
    const journal = await readFile(path.join(folder, 'state/hub-mon/actions.jsonl'), 'utf8')
    expect(
      journal
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).counts),
    ).toEqual([{messages: 29}, {messages: 29}])
  })

  it('lose no task and run none twice', async () => {
    await app.python("import tasks\nfor n in range(40): tasks.add.apply_async((n, n), queue='run')")
    const {stdout} = await command('purge', 'run', '--yes', '--json')
    await app.python("import tasks\nfor n in range(5): tasks.add.apply_async((n, n), queue='run')")
    expect(await command('restore', JSON.parse(stdout).data.file, '--yes')).toMatchObject({code: 0})
    const worker = await app.worker('-n', 'two@test', '-c', '1', '-P', 'solo', '-Q', 'run')
    const done = () =>
      [...worker.output().matchAll(/Task tasks\.add\[([0-9a-f-]+)\] succeeded/g)].map(([, id]) => id)
    await expect.poll(() => done().length, {timeout: 10_000}).toBe(45)
    expect(new Set(done()).size).toBe(45)
    await worker.stop()
  })

  it('put messages in front of those that came since', async () => {
    await bind('mail')
    for (let n = 0; n < 1200; n += 1) await client.lpush('mail', message(`old${n}`))
    const before = await listed('mail')
    const file = JSON.parse((await command('purge', 'mail', '--yes', '--json')).stdout).data.file
    await client.lpush('mail', message('new'))
    expect((await command('restore', file, '--yes')).code).toBe(0)
    expect(await listed('mail')).toEqual([...before, message('new')])
  })

  it.each(['rename', 'lrange', 'unlink', 'renamenx'])(
    'lose nothing where this user may not %s, and say so',
    async refused => {
      await bind('mail')
      for (let n = 0; n < 30; n += 1) await client.lpush('mail', message(`m${n}`))
      const before = await listed('mail')
      await client.acl('SETUSER', 'half', 'on', '>x', '~*', '&*', '+@all', `-${refused}`)
      const url = redis.url.replace('//', '//half:x@')
      const asHalf = (...words: string[]) => hubMon(['queues', ...words, '--redis-url', url], options())
      const file = path.join(folder, 'kept.jsonl')
      const purged = await asHalf('purge', 'mail', '--yes', '--keep', file)
      const first = refused === 'renamenx' ? await asHalf('restore', file, '--yes') : purged
      expect(first).toMatchObject({code: 69})
      expect(first.stderr).toContain('NOPERM')
      expect(first.stderr).toContain(`'${refused}'`)
      expect(first.stderr).toContain('docs/redis-access.md')
      expect(first.stderr).toContain('Nothing is lost')
      // A user who may do it all finishes it, by what is suggested.
      const [, suggested = ''] = /hub-mon queues (restore.*) --redis-url/.exec(first.stderr) ?? []
      const restored = await command(...suggested.split(' '), ...(refused === 'renamenx' ? [] : ['--yes']))
      expect(restored.code, restored.stderr).toBe(0)
      expect(await listed('mail')).toEqual(before)
    },
  )

  it('ask first, and touch nothing without a yes, for a queue that is not there, or with --dry-run', async () => {
    await bind('mail')
    await client.lpush('mail', message('m1'))
    const unasked = await command('purge', 'mail')
    expect(unasked).toMatchObject({code: 64, stdout: ''})
    expect(unasked.stderr).toContain('1 message of queue mail')
    expect(unasked.stderr).toContain('hub-mon queues purge mail --yes')
    const dry = await command('purge', 'mail', '--dry-run', '--json')
    expect(complaints('plan@1', JSON.parse(dry.stdout))).toEqual([])
    const absent = await command('purge', 'mial', '--yes')
    expect(absent).toMatchObject({code: 64})
    expect(absent.stderr).toContain('did you mean mail?')
    expect(await client.llen('mail')).toBe(1)
    expect(await fileIn()).toBeNull()
  })

  it('refuse a place that cannot be written before anything is touched', async () => {
    await bind('mail')
    await client.lpush('mail', message('m1'))
    const {code, stderr} = await command(
      'purge',
      'mail',
      '--yes',
      '--keep',
      path.join(folder, 'none', 'x.jsonl'),
    )
    expect(code).toBe(69)
    expect(stderr).toContain('there is no such file or folder')
    await writeFile(path.join(folder, 'mine.txt'), 'mine')
    expect((await command('purge', 'mail', '--yes', '--keep', 'mine.txt')).code).toBe(69)
    expect(await readFile(path.join(folder, 'mine.txt'), 'utf8')).toBe('mine')
    expect(await client.llen('mail')).toBe(1)
    expect(await ownKeys()).toEqual([])
  })

  it('say that messages go behind what waits, on a Redis that cannot do better', async () => {
    const old = await startRedis({args: ['--rename-command', 'LMOVE', '']})
    const other = new Redis(old.port, '127.0.0.1')
    try {
      await other.sadd('_kombu.binding.mail', ['mail', '', 'mail'].join(sep))
      for (const id of ['m1', 'm2']) await other.lpush('mail', message(id))
      const there = ['--redis-url', old.url]
      const purged = await hubMon(
        ['queues', 'purge', 'mail', '--yes', '--keep', 'k.jsonl', ...there],
        options(),
      )
      expect(purged.code).toBe(0)
      await other.lpush('mail', message('new'))
      const {code, stdout} = await hubMon(['queues', 'restore', 'k.jsonl', '--yes', ...there], options())
      expect(code).toBe(0)
      expect(stdout).toContain('behind what waited there')
      const now = (await other.lrange('mail', 0, -1)).reverse()
      expect(now).toEqual([message('new'), message('m1'), message('m2')])
    } finally {
      other.disconnect()
      await old.stop()
    }
  })

  it('refuse a damaged file and one from elsewhere', async () => {
    await bind('mail')
    for (let n = 0; n < 3; n += 1) await client.lpush('mail', message(`m${n}`))
    const file = JSON.parse((await command('purge', 'mail', '--yes', '--json')).stdout).data.file as string
    const whole = await readFile(file, 'utf8')
    const lines = whole.split('\n')
    const spoilt = [
      whole.replace('m1', 'mX'),
      lines.filter((_, place) => place !== 2).join('\n'),
      lines.slice(0, -2).join('\n'),
      whole.slice(0, -20),
      `${whole}${lines[1]}\n`,
      '',
      'not ours\n',
    ]
    for (const text of spoilt) {
      await writeFile(file, text)
      const {code} = await command('restore', file, '--yes')
      expect([64, 69]).toContain(code)
      expect(await client.exists('mail')).toBe(0)
    }
    await writeFile(file, whole.replace(`127.0.0.1:${redis.port}`, 'elsewhere:6379'))
    const other = await command('restore', file, '--yes')
    expect(other.code).toBe(64)
    expect(other.stderr).toContain('another broker, elsewhere:6379')
    expect((await command('restore', file, '--yes', '--force')).code).toBe(0)
    expect(await client.llen('mail')).toBe(3)
  }, 30_000)
})

describe('a kill', () => {
  const many = 8000
  const ids = Array.from({length: many}, (_, n) => `m${n}`)
  const idOf = (text: string) => /"id": "(\w+)"/.exec(text)?.[1] ?? ''

  beforeEach(async () => {
    await bind('mail')
    const fill = `for i = 0, ARGV[3] - 1 do redis.call('LPUSH', KEYS[1], ARGV[1] .. 'm' .. i .. ARGV[2]) end`
    await client.eval(fill, 1, 'mail', ...aroundId, many)
  })

  /** Kills a run of ours so many milliseconds after it has begun to touch Redis; false when it was done before. */
  async function killed(
    words: readonly string[],
    sign: () => Promise<boolean>,
    after: number,
  ): Promise<boolean> {
    const {child, ended} = startHubMon(['queues', ...words, '--redis-url', redis.url], options())
    let over = false
    void ended.then(() => {
      over = true
    })
    const end = performance.now() + 10_000
    while (!over && performance.now() < end && !(await sign()));
    await new Promise(resolve => setTimeout(resolve, after))
    child.kill('SIGKILL')
    return (await ended).code === null
  }

  const aside = async () => (await client.keys('*hub-mon.aside*')).length > 0

  /** Goes on by the book: what lies aside first, then the file. */
  async function recover(file: string): Promise<void> {
    expect((await command('restore', '--yes')).code).toBe(0)
    const left = (await readdir(folder)).includes(path.basename(file))
    if (left && (await client.llen('mail')) < many)
      expect((await command('restore', file, '--yes')).code).toBe(0)
  }

  it.each([0, 15, 50])(
    '%d ms into a purge loses nothing and doubles nothing',
    async after => {
      const file = path.join(folder, 'kept.jsonl')
      await killed(['purge', 'mail', '--yes', '--keep', file], aside, after)
      const queues = JSON.parse((await command('--interval', '200ms', '--json')).stdout).data
      const lies = await aside()
      if (lies) expect(queues.takenAway).toMatchObject([{queue: 'mail', messages: many}])
      await recover(file)
      expect((await listed('mail')).map(idOf)).toEqual(ids)
      expect(await ownKeys()).toEqual([])
      // Whatever is left of the file may not be put back a second time.
      expect((await command('restore', file, '--yes')).code).not.toBe(0)
      expect(await client.llen('mail')).toBe(many)
    },
    30_000,
  )

  it('is not needed: Ctrl-C ends a purge, too, and says where the messages are', async () => {
    const file = path.join(folder, 'kept.jsonl')
    const {child, ended} = startHubMon(
      ['queues', 'purge', 'mail', '--yes', '--keep', file, '--redis-url', redis.url],
      options(),
    )
    await expect.poll(aside, {timeout: 10_000, interval: 1}).toBe(true)
    child.kill('SIGINT')
    const {code, stderr} = await ended
    // It may have been through by then.
    if (code !== 0) {
      expect(code).toBe(130)
      expect(stderr).toMatch(/Nothing is lost: .* Next: hub-mon queues restore/)
    }
    await recover(file)
    expect((await listed('mail')).map(idOf)).toEqual(ids)
    expect(await ownKeys()).toEqual([])
  })

  it.each([
    ['while it brings the messages to Redis', 'part', 0],
    ['while it moves them', 'aside', 0],
    ['while it moves them, later', 'aside', 25],
  ] as const)(
    'of a restore %s loses nothing and doubles nothing',
    async (_when, mark, after) => {
      const file = path.join(folder, 'kept.jsonl')
      expect((await command('purge', 'mail', '--yes', '--keep', file)).code).toBe(0)
      await client.lpush('mail', message('new'))
      const sign = async () => (await client.keys(`*hub-mon.${mark}*`)).length > 0
      await killed(['restore', file, '--yes'], sign, after)
      const again = await command('restore', file, '--yes')
      if (again.code !== 0) expect((await command('restore', '--yes')).code).toBe(0)
      expect((await listed('mail')).map(idOf)).toEqual([...ids, 'new'])
      expect(await ownKeys()).toEqual([])
    },
    30_000,
  )
})
