import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {makeFlowerImage} from '../services/flower-image.ts'
import {composeFile, root, TestHub, until} from '../services/hub.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'

const run = promisify(execFile)
const hub = new TestHub()
const image = `hub-mon/flower-stand-in:${hub.project}`
// What a shell has in which somebody types the runbook; a bundle of certificates confuses docker-compose v1.
const environment = quietEnvironment({
  COMPOSE_PROJECT_NAME: hub.project,
  HUB_FLOWER_IMAGE: image,
  FLOWER_PORT: '0',
  HUB_STOP_GRACE: '20s',
  HUB_HEALTH_INTERVAL: '2s',
})

/** Types a line in a shell in the repository's folder; `hub-` is the first part of the containers' names. */
async function type(line: string): Promise<string> {
  const typed = line.replaceAll(' hub-', ` ${hub.project}-`)
  const {stdout, stderr} = await run('sh', ['-c', typed], {cwd: root, env: environment, timeout: 60_000})
  return stdout + stderr
}
const mon = (...words: string[]) => hubMon(words, {cwd: root, env: environment})

let flower: Awaited<ReturnType<typeof makeFlowerImage>> | undefined
beforeAll(async () => {
  flower = await makeFlowerImage(image)
})
afterAll(async () => {
  await hub.remove()
  await flower?.remove()
})

describe('the runbook, as typed', () => {
  it('starts the hub', async () => {
    await type('docker-compose -f docker-compose.monitoring.yml up -d')
    expect((await hub.containers()).sort()).toEqual(
      ['celery-worker', 'flower', 'recorder', 'redis'].map(s => hub.container(s)),
    )
  })

  it('asks Redis', async () => {
    expect(await type('docker exec hub-redis redis-cli ping')).toBe('PONG\n')
  })

  it('shows what the worker and Flower say', async () => {
    await until('the worker is ready', 30, async () =>
      / ready\.$/m.test(await type('docker logs hub-celery-worker')),
    )
    await until('Flower has started', 10, async () =>
      (await type('docker logs hub-flower')).includes('on port 5555'),
    )
  })

  it('restarts the worker', async () => {
    const started = () => type("docker inspect --format '{{.State.StartedAt}}' hub-celery-worker hub-redis")
    const [worker, redis] = (await started()).split('\n')
    await type('docker-compose -f docker-compose.monitoring.yml restart celery-worker')
    const after = (await started()).split('\n')
    expect(after[0]).not.toBe(worker)
    expect(after[1]).toBe(redis)
    expect(await type('docker logs hub-celery-worker')).toContain('Warm shutdown')
  })
})

describe('hub-mon on what the runbook started', () => {
  type Finding = {check: string; status: string; message: string}
  let findings: Finding[]

  it('finds the hub healthy, but for the tasks of the recording', async () => {
    const words = ['doctor', '--skip', 'tasks', '--wait', '40s', '--json']
    const {code, stdout, stderr} = await mon(...words)
    expect(code, stdout + stderr).toBe(0)
    const {data} = JSON.parse(stdout)
    expect(data.target).toMatchObject({project: hub.project, composeFile, startedFromOther: null})
    findings = data.findings
  })

  it.each([
    ['flower.reachable', /./],
    ['flower.api', /usable, read-only/],
    ['flower.sees-nodes', /./],
    ['flower.exposed', /loopback/],
  ])('judges %s', (id, says) => {
    expect(findings.find(({check}) => check === id)).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(says),
    })
  })

  it('does not take what docker-compose v1 made for changed, nor Flower for left out', () => {
    const of = (id: string) => findings.find(({check}) => check === id)
    expect(of('stack.unchanged')?.status).toBe('skipped')
    expect(of('stack.left-out')?.message ?? '').not.toContain('flower')
  })

  it('takes the task figures from Flower, and says so', async () => {
    const {data} = JSON.parse((await mon('stats', '--json')).stdout)
    const figures = data.samples.filter(({metric}: {metric: string}) => metric.startsWith('task_'))
    expect(figures.length).toBeGreaterThan(5)
    for (const {source, since, metric} of figures)
      expect([metric, source, since]).toEqual([metric, 'flower', expect.any(String)])
    const {stdout} = await mon('stats', '--by', 'task')
    expect(stdout).toMatch(/Flower/)
  })

  it('prints the address of Flower', async () => {
    const {code, stdout} = await mon('open')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/?\n$/)])
    expect(await (await fetch(new URL('healthcheck', stdout.trim()))).text()).toBe('OK')
  })

  it('tells a worker that is gone from a Flower that is', async () => {
    await type('docker stop --time 20 hub-celery-worker')
    const {data} = JSON.parse((await mon('doctor', '--only', 'celery,flower', '--json')).stdout)
    const of = (id: string) => data.findings.find(({check}: Finding) => check === id)
    expect(of('celery.nodes-online').status).toBe('critical')
    expect(of('flower.reachable').status).toBe('pass')
  })
})

describe('the runbook, to the end', () => {
  it('stops the hub and keeps its data', async () => {
    await type('docker-compose -f docker-compose.monitoring.yml down')
    expect(await hub.containers()).toEqual([])
    expect(await hub.volumes()).toContain(`${hub.project}_redis-data`)
  })

  it('stops it and deletes its data', async () => {
    await type('docker-compose -f docker-compose.monitoring.yml up -d redis')
    await type('docker-compose -f docker-compose.monitoring.yml down -v')
    expect([await hub.containers(), await hub.volumes()]).toEqual([[], []])
  })
})
