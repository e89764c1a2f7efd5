import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp, type WorkerService} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {type Ended, hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

let folder: string
let redis: RedisService
let app: CeleryApp
let prefork: WorkerService
let threads: WorkerService
let solo: WorkerService

const onRedis = (words: readonly string[]) => [...words, '--redis-url', redis.url]
const options = () => ({cwd: folder, env: quietEnvironment({XDG_STATE_HOME: folder})})
const mon = (...words: string[]): Promise<Ended> => hubMon(onRedis(words), options())

/** The parts of all documents that are looked at by name. */
type Document = {
  data: {
    probe: {subscribers: number} | null
    nodes: {name: string; state: string; version: string; answerSeconds: number}[]
    notes: string[]
    duplicates: string[]
    answered: {name: string}[]
    happens: string[]
    acknowledged: string[]
    tasks: object[]
  }
  exitCode: number
  error: {code: string; message: string} | null
}

/** Runs with `--json`, holds what is printed against its schema, and gives it. */
async function json(id: string, ...words: string[]): Promise<Document> {
  const {stdout, stderr, code} = await mon(...words, '--json')
  expect(stderr).toBe('')
  const document = JSON.parse(stdout)
  expect(complaints(id, document)).toEqual([])
  expect(document.exitCode).toBe(code)
  return document
}

/** All that the broker holds and who is connected to it, but for what nodes themselves do while they run. */
async function kept(): Promise<string[]> {
  const lines = async (...words: string[]) =>
    (await redis.cli(...words)).split('\n').filter(line => line !== '')
  const keys = await lines('KEYS', '*')
  const members = await Promise.all(
    keys.filter(key => key.startsWith('_kombu')).map(key => lines('SMEMBERS', key)),
  )
  const clients = await lines('CLIENT', 'LIST')
  return [
    ...keys,
    ...members.flat(),
    ...(await lines('PUBSUB', 'CHANNELS')),
    `patterns ${await redis.cli('PUBSUB', 'NUMPAT')}`,
    `subscribers ${clients.filter(line => /\bp?sub=[1-9]/.test(line)).length}`,
  ].sort()
}

const nodeIn = (document: Document, name: string) => document.data.nodes.find(node => node.name === name)

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-workers-'))
  redis = await startRedis()
  app = await createCeleryApp(redis.url, redis.url.replace(/0$/, '1'), 'json', {
    conf: {worker_prefetch_multiplier: 1},
  })
  const words = (name: string, ...more: string[]) => ['-n', name, '--without-gossip', ...more]
  ;[prefork, threads, solo] = await Promise.all([
    app.worker(...words('prefork@t', '-c', '2')),
    app.worker(...words('threads@t', '-c', '3', '-P', 'threads', '-Q', 'mail')),
    app.worker(...words('solo@t', '-P', 'solo', '-Q', 'other')),
  ])
})
afterAll(async () => {
  await app?.stop()
  await redis?.stop()
  rmSync(folder, {recursive: true})
})

describe('three nodes', () => {
  it('are told with pool, size, queues and version, each on a line', async () => {
    const document = await json('workers@1', 'workers')
    expect(document.data.probe?.subscribers).toBe(3)
    expect(document.data.notes).toEqual([])
    expect(document.data.nodes).toMatchObject([
      {name: 'prefork@t', state: 'online', pool: 'prefork', poolProcesses: 2, queues: ['celery']},
      {name: 'solo@t', state: 'online', pool: 'solo', running: 0, queues: ['other']},
      {name: 'threads@t', state: 'online', pool: 'threads', concurrency: 3, queues: ['mail']},
    ])
    for (const node of document.data.nodes) {
      expect(node.version).toMatch(/^5\./)
      expect(node.answerSeconds).toBeGreaterThan(0)
    }
    const {stdout} = await mon('workers')
    const rows = stdout.split('\n').filter(line => line.includes('@t '))
    expect(rows.map(row => row.split(/ {2,}/).slice(0, 3))).toEqual([
      ['prefork@t', '✓ online', 'prefork 2'],
      ['solo@t', '✓ online', 'solo 1'],
      ['threads@t', '✓ online', 'threads 3'],
    ])
  })

  it('can be picked by pattern; a wrong name is a usage error that names the nearest', async () => {
    expect((await json('workers@1', 'workers', 's*')).data.nodes).toHaveLength(1)
    const wrong = await json('error@1', 'workers', 'preforc@t')
    expect(wrong).toMatchObject({exitCode: 64, error: {code: 'no-such-node'}})
    expect(JSON.stringify(wrong)).toContain('did you mean prefork@t?')
  })

  it('are known by name without a request to them', async () => {
    const {data} = await json('workers@1', 'workers', '--passive')
    expect(data.probe).toBeNull()
    expect(data.nodes.map(({name, state}) => [name, state])).toEqual([
      ['prefork@t', 'known'],
      ['solo@t', 'known'],
      ['threads@t', 'known'],
    ])
  })

  it('answer a ping, all or some', async () => {
    const all = await json('workers-ping@1', 'workers', 'ping')
    expect(all.data).toMatchObject({subscribers: 3, silent: [], gone: [], nameless: 0})
    expect(all.data.answered).toHaveLength(3)
    const some = await json('workers-ping@1', 'workers', 'ping', 'solo@t', 'thr*')
    expect(some.data.answered.map(({name}) => name).sort()).toEqual(['solo@t', 'threads@t'])
    expect((await mon('workers', 'ping')).stdout).toContain('3 of 3 nodes answered within')
  })

  it('are looked at again and again, a line each', async () => {
    const {child, ended} = startHubMon(onRedis(['workers', '--watch', '500ms', '--json']), options())
    let lines = 0
    child.stdout?.on('data', (text: string) => {
      lines += text.split('\n').length - 1
      // Once: a second one would not let it tidy up.
      if (lines >= 2 && !child.killed) child.kill('SIGINT')
    })
    const {stdout, code} = await ended
    expect(code).toBe(130)
    const [, second] = stdout.split('\n').map(line => (line === '' ? null : JSON.parse(line)))
    expect(complaints('workers@1', second)).toEqual([])
    expect(second.data.nodes[0].acceptedPerSecond).toBe(0)
  })
})

describe('what changes a node', () => {
  it('is asked for first, and not done where nobody can be asked', async () => {
    const before = await kept()
    for (const words of [
      ['workers', 'shutdown', 'prefork@t'],
      ['workers', 'pool', 'grow', 'prefork@t'],
      ['tasks', 'revoke', 'x'],
    ]) {
      const {error, exitCode} = await json('error@1', ...words)
      expect([exitCode, error?.code]).toEqual([64, 'not-confirmed'])
    }
    const dry = await json('workers-shutdown@1', 'workers', 'shutdown', 'prefork@t', '--dry-run')
    expect(dry.data).toMatchObject({dryRun: true, left: null, journal: null})
    expect(dry.data.happens[0]).toBe('prefork@t takes no more tasks, runs none and ends (warm shutdown).')
    expect((await json('workers-ping@1', 'workers', 'ping')).data.answered).toHaveLength(3)
    expect(await kept()).toEqual(before)
  })

  it('lets a pool grow and shrink as the node itself tells', async () => {
    const processes = async () => {
      const code = `import tasks; print(len(tasks.app.control.inspect(['prefork@t'], timeout=3, limit=1).stats()['prefork@t']['pool']['processes']))`
      return Number(await app.python(code))
    }
    const grown = await json('workers-pool@1', 'workers', 'pool', 'grow', 'prefork@t', '2', '--yes')
    expect(grown.data).toMatchObject({before: [2], after: [4], by: 2, direction: 'grow'})
    expect(await processes()).toBe(4)
    const shrunk = await json('workers-pool@1', 'workers', 'pool', 'shrink', 'prefork@t', '2', '--yes')
    expect(shrunk.data).toMatchObject({before: [4], after: [2]})
  })

  it.each([
    ['shrink', 'prefork@t', '2', 'pool-too-small'],
    ['grow', 'solo@t', '1', 'fixed-pool'],
    ['shrink', 'threads@t', '1', 'fixed-pool'],
    ['grow', 'nobody@t', '1', 'no-such-node'],
  ])('refuses to %s the pool of %s by %s', async (direction, node, by, code) => {
    const refused = await json('error@1', 'workers', 'pool', direction, node, by, '--yes')
    expect(refused).toMatchObject({exitCode: 64, error: {code}})
  })

  it('is written down for this user alone, without what tasks were given', async () => {
    const file = path.join(folder, 'hub-mon', 'actions.jsonl')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const [grown] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(grown).toMatchObject({
      command: 'workers pool grow',
      target: `127.0.0.1:${redis.port}/0`,
      did: 'told prefork@t to grow its pool by 2',
      outcome: 'done',
      counts: {processes: 4},
    })
  })
})

describe('tasks revoke', () => {
  it('keeps a waiting task from ever running, and ends one that runs', async () => {
    const sent = await app.python(`import tasks
running = [tasks.sleepy.delay(600, 'CANARY').id for _ in range(2)]
import time
for _ in range(100):
    if sum(len(x) for x in (tasks.app.control.inspect(['prefork@t'], timeout=3, limit=1).active() or {}).values()) == 2: break
    time.sleep(0.05)
held = [tasks.sleepy.delay(0).id for _ in range(2)]
time.sleep(0.3)
print(' '.join(running), ' '.join(held), tasks.add.delay(1, 2).id)`)
    const [one = '', two = '', , , waiting = ''] = sent.trim().split(' ')
    const busy = nodeIn(await json('workers@1', 'workers'), 'prefork@t')
    expect(busy).toMatchObject({state: 'busy', running: 2})

    const revoked = await json('tasks-revoke@1', 'tasks', 'revoke', waiting, '--yes')
    expect(revoked).toMatchObject({
      exitCode: 0,
      data: {terminate: false, signal: null, refused: [], silent: 0},
    })
    expect(revoked.data.acknowledged).toEqual(['prefork@t', 'solo@t', 'threads@t'])
    expect(revoked.data.tasks).toMatchObject([{id: waiting, state: 'waiting', queue: 'celery', ended: null}])

    const ended = await json('tasks-revoke@1', 'tasks', 'revoke', one, two, '--terminate', '--yes')
    expect(ended).toMatchObject({exitCode: 0, data: {terminate: true, signal: 'SIGTERM'}})
    for (const task of ended.data.tasks)
      expect(task).toMatchObject({task: 'tasks.sleepy', state: 'running', node: 'prefork@t', ended: true})
    expect(JSON.stringify([revoked, ended])).not.toContain('CANARY')

    const state = `import tasks; print(*[tasks.app.AsyncResult(i).state for i in '${waiting} ${one} ${two}'.split()])`
    await until('all are revoked', 15, async () => {
      return (await app.python(state)).trim() === 'REVOKED REVOKED REVOKED'
    })
  })
})

describe('after any command', () => {
  it('the broker is as before, also after Ctrl-C in the middle', async () => {
    const before = await kept()
    for (const words of [['workers'], ['workers', 'ping'], ['tasks', 'revoke', 'nothing', '--yes']])
      await mon(...words)
    expect(await kept()).toEqual(before)
    // Silent, so that each of them waits.
    threads.process.kill('SIGSTOP')
    try {
      for (const words of [['workers'], ['workers', 'ping'], ['tasks', 'revoke', 'nothing', '--yes']]) {
        const {child, ended} = startHubMon(onRedis(words), options())
        await until('it has asked', 10, async () => (await redis.cli('KEYS', '*reply*')).includes('reply'))
        child.kill('SIGINT')
        expect((await ended).code).toBe(130)
        await until(`${words.join(' ')} left nothing`, 5, async () => {
          return JSON.stringify(await kept()) === JSON.stringify(before)
        })
      }
    } finally {
      threads.process.kill('SIGCONT')
    }
  })
})

describe('nodes that are ill', () => {
  it('two under one name are told apart', async () => {
    const twin = await app.worker('-n', 'solo@t', '-P', 'solo', '-Q', 'other')
    try {
      const {data} = await json('workers@1', 'workers', 'solo@t')
      expect(data.duplicates).toEqual(['solo@t'])
      expect(data.nodes).toMatchObject([{duplicate: true}, {duplicate: true}])
      expect(data.notes.join()).toContain('2 nodes answer as solo@t')
    } finally {
      // Not by a warm shutdown: that would take the name away for both.
      await twin.stop('SIGKILL')
    }
  })

  it('one that is stopped is hung: it is told so, and what tells it otherwise', async () => {
    threads.process.kill('SIGSTOP')
    try {
      const document = await json('workers@1', 'workers')
      expect(nodeIn(document, 'threads@t')).toMatchObject({state: 'hung', pool: null, running: null})
      expect(document.data.notes.join()).toContain('threads@t is connected to Redis but silent')
      const ping = await json('workers-ping@1', 'workers', 'ping')
      expect(ping).toMatchObject({exitCode: 69, data: {silent: ['threads@t']}})
      const told = await json('error@1', 'workers', 'shutdown', 'threads@t', '--yes')
      expect(told).toMatchObject({exitCode: 69, error: {code: 'node-silent'}})
    } finally {
      threads.process.kill('SIGCONT')
    }
    // What was asked in vain is not carried out late.
    await until('it answers again', 10, async () => (await mon('workers', 'ping')).code === 0)
  })

  it('one that was told to shut down leaves, and its process ends', async () => {
    const exited = once(prefork.process, 'exit')
    const {data} = await json('workers-shutdown@1', 'workers', 'shutdown', 'prefork@t', '--yes')
    expect(data).toMatchObject({left: true, nodes: 1, running: 0})
    expect((await exited)[0]).toBe(0)
    const {data: left} = await json('workers@1', 'workers')
    expect(left.nodes.map(({name}) => name)).not.toContain('prefork@t')
  })

  it('one that was killed is gone, which fails no ping but its own', async () => {
    await solo.stop('SIGKILL')
    await until('Redis has noticed', 10, async () => {
      const {data} = JSON.parse((await mon('workers', '--json')).stdout)
      return data.probe.subscribers === 1
    })
    const document = await json('workers@1', 'workers')
    expect(nodeIn(document, 'solo@t')).toMatchObject({state: 'gone'})
    expect(document.data.notes.join()).toContain('left without saying goodbye')
    expect(await json('workers-ping@1', 'workers', 'ping')).toMatchObject({
      exitCode: 0,
      data: {gone: ['solo@t'], silent: []},
    })
    expect((await json('workers-ping@1', 'workers', 'ping', 'solo@t')).exitCode).toBe(69)
    const told = await json('error@1', 'workers', 'shutdown', 'solo@t', '--yes')
    expect(told).toMatchObject({exitCode: 69, error: {code: 'node-gone'}})
  })
})

it('where there is no broker, that is said', async () => {
  const {error, exitCode} = JSON.parse(
    (await hubMon(['workers', '--json', '--redis-url', 'redis://127.0.0.1:1/0'], options())).stdout,
  )
  expect([exitCode, error.code]).toEqual([69, 'refused'])
})
