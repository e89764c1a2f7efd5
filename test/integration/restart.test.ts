import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {composeFile, docker, TestHub, until} from '../services/hub.ts'

const hub = new TestHub()
beforeAll(async () => {
  const {code, stderr} = await hub.mon('up')
  expect(code, stderr).toBe(0)
})
afterAll(() => hub.remove())

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
