import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {type Ended, hubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'
import {type FlowerStandIn, startFlower} from '../stand-ins/flower.ts'

const canary = 'CANARY-7f3a'
const tasks = `
@app.task(bind=True)
def flaky(self, *_):
    raise self.retry(countdown=600, exc=RuntimeError('flaky'))

@app.task(ignore_result=True)
def forgotten(*_):
    pass

@app.task(bind=True)
def parent(self, *_):
    add.apply_async((1, 2), queue='quick')
`

let redis: RedisService
let app: CeleryApp
let flower: FlowerStandIn
let ids: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  flower = await startFlower()
  app = await createCeleryApp(redis.url, redis.url.replace(/0$/, '1'), 'json', {tasks})
  await Promise.all([
    app.worker('-n', 'slow@test', '-c', '1', '-Q', 'celery'),
    app.worker('-n', 'quick@test', '-c', '1', '-P', 'solo', '-Q', 'quick'),
  ])
  ids = JSON.parse(
    await app.python(`
import json, time, tasks
from tasks import *
c = '${canary}'
ids = {}
def send(name, task, args=(), **more):
    ids[name] = task.apply_async(args, **more).id
send('running', sleepy, (600, c))
time.sleep(0.5)
send('reserved', sleepy, (600, c))
send('scheduled', sleepy, (600, c), countdown=600)
send('waiting', sleepy, (600, c), queue='nobody')
send('pickled', sleepy, (600, c), queue='nobody', serializer='pickle')
app.control.revoke(['to-be-revoked', 'never-sent'])
time.sleep(0.3)
send('revoked', sleepy, (600, c), queue='quick', task_id='to-be-revoked')
send('flaky', flaky, (c,), queue='quick')
send('failed', boom, ('boom it was',), queue='quick')
send('forgotten', forgotten, (c,), queue='quick')
send('parent', parent, (c,), queue='quick')
send('succeeded', add, (c, '-result'), queue='quick')
app.AsyncResult(ids['succeeded']).get(timeout=20, propagate=False)
print(json.dumps(ids))
`),
  )
  await until('all are where they should be', 20, async () => {
    const {stdout} = await mon('tasks', '--reserved', '--scheduled', '--running', '--json')
    return JSON.parse(stdout).data.matched === 4
  })
}, 90_000)
afterAll(async () => {
  await app.stop()
  await flower.close()
  await redis.stop()
})

const mon = (...words: string[]) => hubMon([...words, '--redis-url', redis.url])

async function json(...words: string[]) {
  const {code, stdout, stderr} = await mon(...words, '--json')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const document = JSON.parse(stdout)
  expect(complaints(`${words[0]}@1`, document)).toEqual([])
  return document.data
}
const listed = async (...words: string[]): Promise<Record<string, unknown>[]> =>
  (await json('tasks', ...words)).tasks
const story = (name: string, ...more: string[]) => json('task', ids[name] ?? name, ...more)

describe('tasks', () => {
  it('lists what runs, is held and waits, with age and place', async () => {
    const data = await json('tasks', '--running', '--reserved', '--scheduled', '--waiting')
    expect(data.tasks).toMatchObject([
      {id: ids.running, task: 'tasks.sleepy', state: 'running', node: 'slow@test', queue: 'celery'},
      {id: ids.reserved, state: 'reserved', node: 'slow@test', ageSeconds: expect.any(Number)},
      {id: ids.scheduled, state: 'scheduled', node: 'slow@test', eta: expect.stringContaining('T')},
      {id: ids.flaky, state: 'scheduled', node: 'quick@test', eta: expect.stringContaining('T')},
      {id: ids.waiting, task: 'tasks.sleepy', state: 'waiting', node: null, queue: 'nobody'},
      {id: ids.pickled, task: 'tasks.sleepy', state: 'waiting', queue: 'nobody'},
    ])
    expect(data.tasks[0].ageSeconds).toBeGreaterThan(0)
    expect(data.live).toMatchObject({
      running: {total: 1},
      reserved: {total: 1},
      scheduled: {total: 2},
      waiting: {total: 2},
    })
  })

  it('says at a glance what there is', async () => {
    const {stdout, code} = await mon('tasks')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^1 running task$/m)
    expect(stdout).toMatch(/^reserved {3}1 on slow@test$/m)
    expect(stdout).toMatch(/^scheduled {2}2 on .*, next in \d+ min$/m)
    expect(stdout).toMatch(/^waiting {4}2 in nobody$/m)
  })

  it('chooses by name, node, queue and age', async () => {
    const all = ['--running', '--reserved', '--scheduled', '--waiting']
    const chosen = async (...words: string[]) => (await listed(...all, ...words)).map(({id}) => id)
    expect(await chosen('--name', '*.flaky')).toEqual([ids.flaky])
    expect(await chosen('--worker', 'quick@*')).toEqual([ids.flaky])
    expect(await chosen('--queue', 'nobody', '--limit', '1')).toEqual([ids.waiting])
    expect(await chosen('--older-than', '1h')).toEqual([])
    expect(await chosen('--older-than', '10ms', '--name', 'tasks.sleepy')).toEqual([
      ids.running,
      ids.reserved,
      ids.scheduled,
    ])
  })

  it('has what ended from the result backend where there is no Flower, and says so', async () => {
    const data = await json('tasks', '--succeeded', '--failed', '--revoked')
    expect(data.finished).toMatchObject({
      from: 'results',
      notFlower: 'no Flower is named: --flower-url',
      complete: true,
    })
    const byId = new Map(data.tasks.map((task: {id: string}) => [task.id, task]))
    expect(byId.get(ids.succeeded)).toMatchObject({
      state: 'succeeded',
      task: 'tasks.add',
      node: 'quick@test',
      queue: 'quick',
    })
    expect(byId.get(ids.failed)).toMatchObject({state: 'failed', exception: 'ValueError: boom it was'})
    expect(byId.get(ids.revoked)).toMatchObject({state: 'revoked', exception: 'TaskRevokedError: revoked'})
    expect(byId.has(ids.forgotten)).toBe(false)
    expect((await mon('tasks', '--failed')).stdout).toContain('not from Flower: no Flower is named')
  })

  it('has what ended from Flower where its API answers, with the runtime', async () => {
    const data = await json('tasks', '--succeeded', '--failed', '--flower-url', flower.url)
    expect(data.finished).toMatchObject({from: 'flower', notFlower: null})
    expect(data.tasks[0]).toMatchObject({
      state: 'succeeded',
      node: 'w1@vm',
      runtimeSeconds: expect.any(Number),
    })
    expect(data.tasks.at(-1)).toMatchObject({state: 'failed', exception: "ValueError('boom')"})
  })

  it('tells why Flower does not tell', async () => {
    const closed = await startFlower({mode: 'not-enabled'})
    try {
      const {notFlower, from} = (await json('tasks', '--failed', '--flower-url', closed.url)).finished
      expect(from).toBe('results')
      expect(notFlower).toContain('FLOWER_UNAUTHENTICATED_API')
    } finally {
      await closed.close()
    }
  })
})

describe('task', () => {
  it('finds one that runs, on its node and in its process', async () => {
    const data = await story('running')
    expect(data).toMatchObject({
      ...{state: 'running', task: 'tasks.sleepy', node: 'slow@test', queue: 'celery', contradictions: []},
      args: {kind: 'list', length: 2, shown: null},
    })
    expect(data.pid).toBeGreaterThan(1)
    expect(data.timeline).toContainEqual({at: null, event: 'running', source: 'slow@test'})
    expect(data.next[0].line).toContain(`hub-mon tasks revoke ${ids.running} --terminate`)
  })

  it.each([
    ['reserved', {state: 'reserved', node: 'slow@test'}],
    ['scheduled', {state: 'scheduled', node: 'slow@test', eta: expect.stringContaining('T')}],
    ['waiting', {state: 'waiting', queue: 'nobody', position: 1, node: null}],
    ['pickled', {state: 'waiting', position: 2, contentType: 'application/x-python-serialize'}],
    [
      'flaky',
      {
        state: 'scheduled',
        task: 'tasks.flaky',
        node: 'quick@test',
        retries: 1,
        exception: expect.stringContaining('flaky'),
      },
    ],
    ['succeeded', {state: 'succeeded', result: {kind: 'text', length: 18, shown: null}, contradictions: []}],
    ['failed', {state: 'failed', exception: 'ValueError: boom it was'}],
    ['revoked', {state: 'revoked', node: 'quick@test'}],
    ['never-sent', {state: 'revoked', summary: expect.stringContaining('slow@test')}],
    ['parent', {state: 'succeeded', children: [expect.stringMatching(/^[0-9a-f-]{36}$/)]}],
  ])('knows the %s one', async (name, expected) => {
    expect(await story(name)).toMatchObject(expected)
  })

  it('shows the traceback of one that failed', async () => {
    const {stdout} = await mon('task', ids.failed ?? '')
    expect(stdout).toContain('Traceback (most recent call last):')
    expect(stdout).toContain('    raise ValueError(message)')
  })

  it('shows arguments and result when asked to, of a body in pickle by the words of its header alone', async () => {
    expect((await story('running', '--show-args')).args.shown).toBe(`[600,"${canary}"]`)
    expect((await story('waiting', '--show-args')).args.shown).toBe(`(600, '${canary}')`)
    expect((await story('pickled', '--show-args')).args.shown).toBe(`(600, '${canary}')`)
    expect((await story('succeeded', '--show-args')).result.shown).toBe(`${canary}-result`)
  })

  it('says what Flower saw of it', async () => {
    const data = await json('task', '87b51d10-8d6c-4f2f-895c-5c7bd3ae3404', '--flower-url', flower.url)
    expect(data).toMatchObject({state: 'succeeded', retries: 2, node: 'w1@vm', parentId: null, children: []})
    expect(
      data.timeline.map(({event, source}: {event: string; source: string}) => `${event} ${source}`),
    ).toEqual(['sent Flower', 'received Flower', 'retried Flower', 'started Flower', 'succeeded Flower'])
  })

  it('says when its places contradict each other', async () => {
    const key = `celery-task-meta-${ids.running}`
    const stored = {
      status: 'SUCCESS',
      result: 1,
      traceback: null,
      children: [],
      date_done: '2026-11-22T10:00:00',
      task_id: ids.running,
    }
    await redis.cli('-n', '1', 'SET', key, JSON.stringify(stored))
    try {
      const data = await story('running')
      expect(data.state).toBe('running')
      expect(data.contradictions).toEqual([
        'the result backend says SUCCESS while slow@test has it (running): it was delivered again, or sent twice',
      ])
    } finally {
      await redis.cli('-n', '1', 'DEL', key)
    }
  })

  it.each([
    ['nobody has sent', 'no-such-id'],
    ['is a pattern', '*'],
    ['holds what a terminal acts on', 'a\u001b[31mb\r\n'],
    ['looks like a key', '../celery-task-meta-x'],
    ['keeps no result', 'forgotten'],
  ])('does not know one that %s, and says what that is worth', async (_why, name) => {
    const {code, stdout, stderr} = await mon('task', ids[name] ?? name)
    expect({code, stdout}).toEqual({code: 64, stdout: ''})
    expect(stderr).toContain('Error: nobody knows a task')
    expect(stderr).toContain('queues: all 2 waiting messages')
    expect(stderr).toContain('nodes: 2 of 2 answered')
    expect(stderr).toContain('this does not prove that it never was')
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('can be watched', async () => {
    const {startHubMon} = await import('../services/hub-mon.ts')
    const watching = startHubMon([
      'task',
      ids.running ?? '',
      '--watch',
      '0.5s',
      '--json',
      '--redis-url',
      redis.url,
    ])
    let lines = ''
    watching.child.stdout?.on('data', (text: string) => {
      lines += text
    })
    await until('two looks', 15, () => lines.split('\n').length > 2)
    watching.child.kill('SIGINT')
    expect((await watching.ended).code).toBe(130)
    expect(JSON.parse(lines.split('\n')[1] ?? '').data.state).toBe('running')
  })
})

describe('an application that keeps little', () => {
  it('has no names with its results, says why, and is found in its own database under its own prefix', async () => {
    const own = await startRedis()
    const backend = own.url.replace(/0$/, '5')
    const plain = await createCeleryApp(own.url, backend, 'json', {conf: {result_extended: false}})
    try {
      await plain.worker('-n', 'plain@test', '-c', '1', '-P', 'solo')
      const id = (
        await plain.python(
          'import tasks; r = tasks.boom.delay("no name"); r.get(timeout=20, propagate=False); print(r.id)',
        )
      ).trim()
      const {stdout} = await hubMon(['tasks', '--failed', '--redis-url', own.url])
      expect(stdout).toContain('"-" for a name: the application keeps none with its results')
      expect(stdout).toMatch(new RegExp(`^${id} {2}- +failed`, 'm'))
      const found = JSON.parse((await hubMon(['task', id, '--json', '--redis-url', own.url])).stdout)
      expect(found.data).toMatchObject({state: 'failed', task: null, exception: 'ValueError: no name'})
      expect(found.data.resultExpiresInSeconds).toBeGreaterThan(80_000)
    } finally {
      await plain.stop()
      await own.stop()
    }
  }, 60_000)
})

describe('what a task was given', () => {
  it('is nowhere: not printed, not in a snapshot; and nothing of ours stays in Redis', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-tasks-'))
    try {
      const file = path.join(folder, 'seen.json')
      const states = [
        '--running',
        '--reserved',
        '--scheduled',
        '--waiting',
        '--succeeded',
        '--failed',
        '--revoked',
      ]
      const commands = [
        ['tasks', ...states],
        ['tasks', ...states, '--json'],
        ['doctor', '--save', file],
        ...['running', 'reserved', 'scheduled', 'waiting', 'flaky', 'succeeded', 'revoked'].map(name => [
          'task',
          ids[name] ?? name,
        ]),
      ]
      const runs: Ended[] = []
      // A few at a time: more would wait for each other longer than they wait for a node.
      for (let from = 0; from < commands.length; from += 3)
        runs.push(...(await Promise.all(commands.slice(from, from + 3).map(words => mon(...words)))))
      const said = runs.map(({stdout, stderr}) => stdout + stderr).join('')
      expect(said.match(/tasks\.sleepy/g)?.length).toBeGreaterThan(8)
      expect((said + (await readFile(file, 'utf8'))).includes(canary)).toBe(false)
    } finally {
      await rm(folder, {recursive: true})
    }
    const keys = (await redis.cli('KEYS', '*')).split('\n').filter(key => key.includes('hub-mon'))
    expect(keys).toEqual([])
    expect(await redis.cli('SMEMBERS', '_kombu.binding.reply.celery.pidbox')).toBe('')
  }, 60_000)
})
