import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {constants, tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {deafen} from '../services/deafen.ts'
import {docker, TestHub, until} from '../services/hub.ts'
import {itThoroughly} from '../services/thorough.ts'

/** `doctor --fix` on a real stack: each fault is made, cured and found cured. */

const state = await mkdtemp(path.join(tmpdir(), 'hub-mon-fix-'))
const hub = new TestHub(undefined, {XDG_STATE_HOME: state, HUB_HEALTH_INTERVAL: '2s'})
/** What is not about the machine that the tests run on. */
const only = ['--only', 'stack.running,stack.restart-loop,stack.healthy,redis.reachable,celery']

beforeAll(async () => {
  const {code, stderr} = await hub.mon('up')
  expect(code, stderr).toBe(0)
})
afterAll(async () => {
  await hub.remove()
  await rm(state, {recursive: true})
})

async function fix(...words: string[]) {
  const {code, stdout, stderr} = await hub.mon('doctor', '--fix', '--json', ...only, ...words)
  const document = JSON.parse(stdout === '' ? stderr : stdout)
  const done: {check: string; line: string; outcome: string; atRisk: number | null; message: string}[] =
    document.data?.fixes ?? []
  return {code, verdict: document.verdict, error: document.error, done}
}

const journal = async () =>
  (await readFile(path.join(state, 'hub-mon/actions.jsonl'), 'utf8')).trim().split('\n')
const redis = async (...words: string[]) =>
  (await docker('exec', hub.container('redis'), 'redis-cli', ...words)).trim()
const stateOf = (service: string) =>
  docker('inspect', '--format', '{{.State.Status}} {{.State.StartedAt}}', hub.container(service))

describe('doctor --fix', () => {
  it('asks nothing and does nothing where nothing is wrong', async () => {
    expect(await fix()).toEqual({code: 0, verdict: 'ok', error: null, done: []})
  })

  it('lets a paused worker go on; without a yes it only says what it would do', async () => {
    // Not while a health check begins in it.
    await until('it is paused', 10, () =>
      docker('pause', hub.container('celery-worker')).then(
        () => true,
        () => false,
      ),
    )
    const asked = await fix()
    expect([asked.code, asked.error.code]).toEqual([64, 'not-confirmed'])
    expect(asked.error.suggestions[0]).toMatch(/^hub-mon doctor --fix --yes /)
    const planned = await fix('--dry-run')
    expect(planned.code).toBe(2)
    expect(planned.done).toMatchObject([{check: 'stack.running', outcome: 'planned'}])
    expect(await stateOf('celery-worker')).toMatch(/^paused/)
    const {code, done} = await fix('--yes')
    expect([code, done[0]]).toMatchObject([
      0,
      {line: `docker unpause ${hub.container('celery-worker')}`, outcome: 'helped', atRisk: 0},
    ])
    // Its last health check may have failed while it was paused; no more is done than waited for the next.
    expect(done.slice(1).filter(({outcome}) => outcome !== 'not-needed')).toEqual([])
  })

  it('starts a stopped Redis, and ends with a hub that is well', async () => {
    await docker('stop', hub.container('redis'))
    const {code, stdout, stderr} = await hub.mon('doctor', '--fix', '--yes', ...only)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('stack.running: redis was stopped')
    expect(stderr).toMatch(/hub-mon up .*# start what is missing\n/)
    expect(stderr).toContain('  well again: ')
    expect(stdout).toMatch(/^✓ ok: /m)
    const actions = (await journal()).map(line => JSON.parse(line))
    expect(actions).toContainEqual(
      expect.objectContaining({
        ...{command: 'doctor --fix', target: hub.project, outcome: 'done'},
        did: expect.stringMatching(/^hub-mon up .*\(stack\.running\)$/),
      }),
    )
  })

  itThoroughly('starts a frozen worker again', async () => {
    const before = await stateOf('celery-worker')
    const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', hub.container('celery-worker')))
    process.kill(pid, 'SIGSTOP')
    const {code, done} = await fix('--yes', '--grace', '1s')
    expect([code, done.at(-1)]).toMatchObject([
      0,
      {check: 'celery.nodes-answering', line: expect.stringMatching(/^hub-mon restart/), outcome: 'helped'},
    ])
    expect(await stateOf('celery-worker')).not.toBe(before)
  })

  it('starts a deaf worker again, which takes what waited', async () => {
    // One that was only just started may not have begun to take anything.
    const startedAt = Date.parse((await stateOf('celery-worker')).trim().split(' ')[1] ?? '')
    await until('it is not new', 20, () => Date.now() - startedAt > 10_000)
    await deafen(hub.container('celery-worker'), hub.container('redis'))
    await hub.send('quick')
    const before = await stateOf('celery-worker')
    const {code, done} = await fix('--yes', '--grace', '5s')
    expect([code, done]).toMatchObject([
      0,
      [{check: 'celery.consuming', line: expect.stringMatching(/^hub-mon restart celery-worker /)}],
    ])
    expect(done[0]).toMatchObject({outcome: 'helped', atRisk: 0})
    expect(await stateOf('celery-worker')).not.toBe(before)
    expect(await redis('LLEN', 'celery')).toBe('0')
  })

  it('takes away replies that nobody fetches, and nothing else', async () => {
    const inUse = '6a2f6ec4-3f5e-3d2e-9a55-000000000099.reply.celery.pidbox'
    await redis('EVAL', abandoned, '0')
    await redis('LPUSH', inUse, 'an answer')
    await redis('SET', 'no-list.reply.celery.pidbox', 'x')
    const keys = async () => (await redis('KEYS', '*reply*')).split('\n').filter(key => !key.startsWith('_'))
    expect(await keys()).toHaveLength(22)
    const {code, done} = await fix('--yes')
    expect([code, done]).toMatchObject([0, [{check: 'celery.reply-lists', outcome: 'helped', atRisk: 0}]])
    expect((await keys()).sort()).toEqual([inUse, 'no-list.reply.celery.pidbox'])
    await redis('DEL', inUse, 'no-list.reply.celery.pidbox')
    expect((await journal()).at(-1)).toContain('(celery.reply-lists)')
  })

  itThoroughly(
    'broken off by Ctrl-C ends at once, says how far it came, and leaves nothing half done',
    async () => {
      const pid = Number(
        await docker('inspect', '--format', '{{.State.Pid}}', hub.container('celery-worker')),
      )
      process.kill(pid, 'SIGSTOP')
      const before = await stateOf('celery-worker')
      const words = ['doctor', '--fix', '--yes', '--grace', '8s', ...only]
      // In a group of its own: a terminal sends it to all that runs there.
      const {child, ended} = hub.start(words, {detached: true})
      await until('the engine was told to end it', 60, async () => {
        const [, pending = '0'] = /ShdPnd:\s*(\w+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
        return (Number.parseInt(pending, 16) & (1 << (constants.signals.SIGTERM - 1))) !== 0
      })
      const start = performance.now()
      process.kill(-(child.pid ?? Number.NaN), 'SIGINT')
      const {code, stderr, stdout} = await ended
      expect(performance.now() - start).toBeLessThan(3000)
      expect([code, stdout]).toEqual([130, ''])
      expect(stderr).toMatch(/Error: interrupted\n {2}hub-mon restart celery-worker .*: begun; what Docker/)
      expect(stderr).toMatch(/Next:\n {2}hub-mon doctor /)
      expect(JSON.parse((await journal()).at(-1) ?? '')).toMatchObject({outcome: 'interrupted'})
      // The engine was told, and does it.
      await until('it was started again', 30, async () => {
        const now = await stateOf('celery-worker')
        return now.startsWith('running') && now !== before
      })
      const {code: well, stdout: report} = await hub.mon('doctor', '--wait', '60s', ...only)
      expect(well, report).toBe(0)
    },
  )

  it('restarts a worker that runs tasks only where that is allowed, and says how many', async () => {
    const worker = hub.container('celery-worker')
    // A health check that fails until the worker is started again, on a node that works.
    await docker('exec', '--user', '0', worker, 'sh', '-c', sickUntilStarted)
    await hub.send('slow', 300)
    await until('it is unhealthy, and the task runs', 40, async () => {
      const health = await docker('inspect', '--format', '{{.State.Health.Status}}', worker)
      return health.trim() === 'unhealthy' && (await running()) === 1
    })
    const before = await stateOf('celery-worker')
    const refused = await fix('--yes')
    expect([refused.code, refused.done]).toMatchObject([
      2,
      [{check: 'stack.healthy', outcome: 'refused', atRisk: 1}],
    ])
    expect(refused.done[0]?.message).toBe(
      'it can lose 1 running task; --allow-task-loss does it all the same',
    )
    expect(await stateOf('celery-worker')).toBe(before)
    const {code, done} = await fix('--yes', '--allow-task-loss', '--grace', '1s')
    expect([code, done]).toMatchObject([0, [{check: 'stack.healthy', outcome: 'helped', atRisk: 1}]])
    expect(await stateOf('celery-worker')).not.toBe(before)
  })

  itThoroughly('restarts a Redis that appends to no file only where that is allowed', async () => {
    const worker = hub.container('celery-worker')
    await docker('exec', worker, 'celery', '-A', 'app.celery_app', 'control', 'cancel_consumer', 'reports')
    for (let sent = 0; sent < 3; sent += 1) await hub.send('report')
    await redis('CONFIG', 'SET', 'appendonly', 'no')
    await docker('exec', '--user', '0', hub.container('redis'), 'sh', '-c', sickInMemory)
    await until('it is unhealthy', 40, async () => {
      const health = await docker('inspect', '--format', '{{.State.Health.Status}}', hub.container('redis'))
      return health.trim() === 'unhealthy'
    })
    const before = await stateOf('redis')
    const refused = await fix('--yes')
    expect([refused.code, refused.done]).toMatchObject([
      2,
      [{check: 'stack.healthy', outcome: 'refused', atRisk: 3}],
    ])
    expect(refused.done[0]?.message).toMatch(/--allow-task-loss/)
    expect(await stateOf('redis')).toBe(before)
    const {done} = await fix('--yes', '--allow-task-loss', '--grace', '5s')
    expect(done[0]).toMatchObject({check: 'stack.healthy', outcome: 'helped', atRisk: 3})
    expect(await stateOf('redis')).not.toBe(before)
    const {code, stdout} = await hub.mon('doctor', '--wait', '60s', ...only)
    expect(code, stdout).toBe(0)
  })

  it('says what a worker dies of', async () => {
    const dying = new TestHub(undefined, {HUB_CELERY_APP: 'shop.celery', XDG_STATE_HOME: state}, hub.project)
    await dying.compose('up', '-d', '--no-deps', 'celery-worker')
    await until('it has died again and again', 30, async () => {
      const restarts = await docker(
        'inspect',
        '--format',
        '{{.RestartCount}}',
        hub.container('celery-worker'),
      )
      return Number(restarts) >= 3
    })
    const {stdout} = await dying.mon('doctor', '--json', ...only)
    // Before anything is judged: the next test wants a worker that is well.
    await hub.compose('up', '-d', '--no-deps', 'celery-worker')
    const [first] = JSON.parse(stdout).data.findings
    expect(first.check).toBe('stack.restart-loop')
    expect(first.message).toContain(": ModuleNotFoundError: No module named 'shop'")
    expect(first.remedies[0].text).toContain('put the module where it is imported from')
  })

  it('attaches a worker that is cut off', async () => {
    const network = (
      await docker('network', 'ls', '--filter', `name=${hub.project}`, '--format', '{{.Name}}')
    ).trim()
    await docker('network', 'disconnect', '--force', network, hub.container('celery-worker'))
    const {code, done} = await fix('--yes', '--grace', '1s')
    expect([code, done[0]]).toMatchObject([0, {check: 'stack.running', outcome: 'helped'}])
    expect(done[0]?.line).toContain(`docker network connect --alias celery-worker ${network}`)
  })
})

/** What callers of `celery inspect` leave that were killed before the last reply. */
const abandoned = `for i = 10, 29 do
  local list = '6a2f6ec4-3f5e-3d2e-9a55-0000000000' .. i .. '.reply.celery.pidbox'
  redis.call('LPUSH', list, 'an answer')
  redis.call('RESTORE', list, 0, redis.call('DUMP', list), 'REPLACE', 'IDLETIME', 400)
end`

const sickUntilStarted = [
  'mv /usr/bin/celery /usr/bin/celery.real',
  'echo sick > /tmp/sick && chmod 666 /tmp/sick',
  `printf '%s\\n' '#!/bin/sh' 'case "$*" in *inspect*) [ ! -s /tmp/sick ] || { echo sick; exit 1; };; *worker*) > /tmp/sick;; esac' 'exec /usr/bin/celery.real "$@"' > /usr/bin/celery`,
  'chmod 755 /usr/bin/celery',
].join(' && ')

/** What is in memory is gone when the container is started again. */
const sickInMemory = [
  'at=$(command -v redis-cli) && mv "$at" /usr/local/bin/redis-cli.real && touch /dev/shm/sick',
  `printf '%s\\n' '#!/bin/sh' '[ ! -e /dev/shm/sick ] || { echo sick; exit 1; }' 'exec /usr/local/bin/redis-cli.real "$@"' > "$at"`,
  'chmod 755 "$at"',
].join(' && ')

async function running(): Promise<number> {
  const {stdout} = await hub.mon('tasks', '--running', '--json')
  return JSON.parse(stdout).data?.tasks.length ?? 0
}
