import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {composeFile, docker, root, TestHub, until} from '../services/hub.ts'
import {itThoroughly} from '../services/thorough.ts'
import {accountFor, sendTraffic} from '../services/traffic.ts'

const hub = new TestHub()
beforeAll(async () => {
  const {code, stderr} = await hub.mon('up')
  expect(code, stderr).toBe(0)
})
afterAll(async () => {
  const beside = (await docker('ps', '-aq', '--filter', `name=${hub.project}-(traffic|elsewhere)`)).trim()
  if (beside !== '') await docker('rm', '-f', ...beside.split('\n'))
  await hub.remove()
})

const startedAt = (service: string) =>
  docker('inspect', '--format', '{{.State.StartedAt}}', hub.container(service))
const workerLog = async () => {
  const {stdout} = await hub.mon('logs', 'celery-worker', '--json', '--tail', '500')
  return stdout
}

describe('restart', () => {
  it('lets a running task finish, after saying what becomes of it, and waits until a node answers', async () => {
    const [worker, redis] = await Promise.all([startedAt('celery-worker'), startedAt('redis')])
    await hub.send('slow', 6)
    await until('the task runs', 30, async () => (await workerLog()).includes('received'))
    const {code, stderr, stdout} = await hub.mon('restart', 'celery-worker')
    expect(code).toBe(0)
    expect(stderr).toContain('1 task is running; it gets 60 s to finish.')
    expect(stderr).toContain('1 task is acknowledged already: lost if not done by then.')
    expect(stdout).toBe('Restarted celery-worker.\n')
    expect(await workerLog()).toMatch(/app\.tasks\.slow\[[^\]]+\] succeeded/)
    expect(await startedAt('celery-worker')).not.toBe(worker)
    expect(await startedAt('redis')).toBe(redis)
  })

  it('kills what is left after the grace', async () => {
    await hub.send('slow', 120)
    await until('the task runs', 30, async () => (await workerLog()).split('received').length > 2)
    const start = performance.now()
    const {code, stderr} = await hub.mon('restart', 'celery-worker', '--grace', '1s')
    expect([code, stderr]).toMatchObject([0, expect.stringContaining('it gets 1 s to finish')])
    expect(performance.now() - start).toBeLessThan(60_000)
    expect(stderr).toMatch(/celery-worker had not finished in time and was killed: what it ran is lost/)
  })

  it('plans with --dry-run and changes nothing', async () => {
    const before = await startedAt('redis')
    const {code, stdout} = await hub.mon('restart', 'redis', '--dry-run')
    expect([code, stdout]).toEqual([0, 'Restart redis\nWait until healthy\n'])
    expect(await startedAt('redis')).toBe(before)
  })

  it('suggests what a misspelt service may have meant', async () => {
    const {code, stderr} = await hub.mon('restart', 'celery-wroker')
    expect([code, stderr]).toMatchObject([64, expect.stringContaining('did you mean celery-worker?')])
  })

  it('plans to let nodes take no more first', async () => {
    const {stdout} = await hub.mon('restart', 'celery-worker', '--dry-run')
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'Let celery-worker take no more tasks',
      'Restart celery-worker',
      'Wait until healthy',
    ])
    expect(await said(/Canceling queue/)).toBe(0)
  })

  it('says when the file has changed since, which a restart does not apply', async () => {
    const changed = new TestHub(composeFile, {HUB_LOGLEVEL: 'DEBUG'}, hub.project)
    const {code, stdout} = await changed.mon('restart', '--no-wait', '--json')
    expect(code).toBe(0)
    const {data, warnings} = JSON.parse(stdout)
    expect(data.changedSinceStart).toEqual(['celery-worker'])
    expect(warnings).toEqual([
      expect.stringMatching(/does not apply that: hub-mon up --file .* --project-name/),
    ])
  })

  it('says that there is nothing to restart', async () => {
    const {code, stderr} = await new TestHub().mon('restart')
    expect([code, stderr]).toMatchObject([69, expect.stringContaining('hub-mon up')])
  })
})

const inHub = [
  ...['--network', `${hub.project}_default`, '-v', `${path.join(root, 'hub')}:/hub:ro`],
  ...['-e', 'CELERY_BROKER_URL=redis://redis:6379/0', '-e', 'CELERY_RESULT_BACKEND=redis://redis:6379/1'],
]
/** Short tasks alone: nodes wait for the next one when they are told to end, with a slow one here and there that they finish. */
const sending = (count: number) =>
  sendTraffic(`${hub.project}-traffic`, inHub, {
    ...{count, rate: 20},
    more: [
      '--mix',
      'quick=92,slow=5,scheduled=3',
      '--slow-seconds',
      '0.6',
      '--countdown',
      '3',
      '--wait',
      '30s',
    ],
  })
const run = promisify(execFile)
const logOf = async (container: string, ...words: string[]) =>
  Object.values(await run('docker', ['logs', ...words, container])).join('')
/** How often the worker has said so since its container was started. */
const said = async (words: RegExp) => {
  const since = (await startedAt('celery-worker')).trim()
  const log = await logOf(hub.container('celery-worker'), '--since', since)
  return log.split('\n').filter(line => words.test(line)).length
}

describe('under traffic', () => {
  it('no task is lost by a restart, and by up, which makes a changed worker anew; a node elsewhere goes on', async () => {
    expect((await hub.mon('up')).code).toBe(0)
    const elsewhere = `${hub.project}-elsewhere`
    const words = ['celery', '-A', 'app.celery_app', 'worker', '-c', '1', '-Q', 'reports', '-l', 'INFO']
    await docker('run', '-d', '--name', elsewhere, ...inHub, 'hub-mon/hub:0.1', ...words)
    const sender = await sending(240)
    const restarted = await hub.mon('restart', 'celery-worker')
    expect(restarted.code, restarted.stderr).toBe(0)
    expect(restarted.stderr).toMatch(/✓ Let celery-worker take no more tasks: 1 node\n/)
    expect(await said(/Started consuming|Canceling queue/)).toBe(0)

    const changed = new TestHub(composeFile, {HUB_LOGLEVEL: 'DEBUG'}, hub.project)
    const planned = await changed.mon('up', '--dry-run')
    expect(planned.stdout).toContain('let celery-worker take no more tasks\nmake anew celery-worker\n')
    const before = await startedAt('celery-worker')
    const up = await changed.mon('up')
    expect(up.code, up.stderr).toBe(0)
    expect(await startedAt('celery-worker')).not.toBe(before)
    accountFor(await sender.done(), 240)
    expect(await logOf(elsewhere)).not.toContain('Canceling queue')

    const nothing = await changed.mon('up')
    expect(nothing.stdout).toContain('Nothing was to do')
    expect(await said(/Canceling queue/)).toBe(0)
  }, 120_000)

  it('broken off before the restart, nodes take messages again', async () => {
    const before = await startedAt('celery-worker')
    const {child, ended} = hub.start(['restart', 'celery-worker'])
    await until('it takes none', 20, async () => (await said(/Canceling queue reports/)) > 0)
    child.kill('SIGINT')
    const {code, stderr} = await ended
    expect(code, stderr).toBe(130)
    expect(await startedAt('celery-worker')).toBe(before)
    await until(
      'it takes some again',
      10,
      async () => (await said(/Started consuming from (celery|reports)/)) === 2,
    )
  })

  it('where the stop fails, nodes take messages again', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-restart-'))
    try {
      const {stdout: real} = await run('sh', ['-c', 'command -v docker'])
      const refuses = '#!/bin/sh\ncase " $* " in *" restart "*) echo no >&2; exit 1;; esac\n'
      await writeFile(path.join(folder, 'docker'), `${refuses}exec ${real.trim()} "$@"\n`, {mode: 0o755})
      const told = await said(/Started consuming from/)
      const refused = new TestHub(composeFile, {PATH: `${folder}:${process.env.PATH}`}, hub.project)
      const {code, stderr} = await refused.mon('restart', 'celery-worker')
      expect(code, stderr).toBe(69)
      expect(stderr).toContain('Compose could not restart celery-worker')
      await until('it takes some again', 10, async () => (await said(/Started consuming from/)) === told + 2)
    } finally {
      await rm(folder, {recursive: true})
    }
  })

  it('a node that does not answer is told of, and holds up nothing', async () => {
    await docker('kill', '--signal', 'STOP', hub.container('celery-worker'))
    const start = performance.now()
    const {code, stderr} = await hub.mon('restart', 'celery-worker', '--grace', '1s', '--no-wait')
    expect(code, stderr).toBe(0)
    expect(performance.now() - start).toBeLessThan(20_000)
    expect(stderr).toMatch(/celery@\S+ does not answer; a task on its way to one that ends can be lost/)
  })

  itThoroughly('no task is lost by many restarts, and shutdowns over the broker', async () => {
    const node = `celery@${hub.container('celery-worker')}`
    await hub.mon('up')
    for (let round = 0; round < 6; round += 1) {
      const sender = await sending(150)
      const started = await startedAt('celery-worker')
      const stop = round % 2 === 0 ? ['restart', 'celery-worker'] : ['workers', 'shutdown', node, '--yes']
      const {code, stderr} = await hub.mon(...stop)
      expect(code, stderr).toBe(0)
      await until('it is started again', 60, async () => (await startedAt('celery-worker')) !== started)
      accountFor(await sender.done(), 150)
    }
  })
})
