import {randomBytes} from 'node:crypto'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {makeFlowerImage} from '../services/flower-image.ts'
import {docker, root, TestHub} from '../services/hub.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'

const password = `p${randomBytes(6).toString('hex')}`
const image = `hub-mon/flower-stand-in:${randomBytes(4).toString('hex')}`
const app = `volumes: ["${path.join(root, 'hub')}:/hub:ro"]`

/** Somebody's own compose file: no name in it is one of ours, no container is named, the commands are strings. */
const own = ({redis = '', worker = '', broker = 'broker'} = {}) => `
services:
  broker:
    image: redis:7-alpine
    command: redis-server --requirepass ${password} ${redis}
  jobs:
    image: hub-mon/hub:0.1
    command: celery -A app.celery_app worker --concurrency=2 -E -Q celery,reports -n celery@jobs
    ${app}
    stop_grace_period: 10s
    environment:
      CELERY_BROKER_URL: redis://:${password}@${broker}:6379/0
      CELERY_RESULT_BACKEND: redis://:${password}@${broker}:6379/1
    ${worker}
`
const monitor = `
  monitor:
    image: ${image}
    command: celery -A app.celery_app flower --port=5555
    environment: {STAND_IN_NODES: celery@jobs}
`
const published = `ports: ["127.0.0.1::6379"]`

let folder: string
const hubs: TestHub[] = []

/** A compose file of this text, in a folder that gives the project its name, as it does when nobody names one. */
async function hubOf(text: string): Promise<TestHub> {
  const project = `t-${randomBytes(4).toString('hex')}`
  await mkdir(path.join(folder, project))
  const file = path.join(folder, project, 'stack.yml')
  await writeFile(file, text)
  const hub = new TestHub(file, {}, project)
  hubs.push(hub)
  return hub
}

/** From a folder that has nothing to do with any hub. */
const mon = (...words: string[]) => hubMon(words, {cwd: folder, env: quietEnvironment()})
async function doctor(...words: string[]) {
  const {code, stdout, stderr} = await mon('doctor', '--skip', 'tasks', '--json', ...words)
  const {data, error} = JSON.parse(stdout)
  if (error !== null) throw new Error(stdout)
  const of = (id: string) => data.findings.find(({check}: {check: string}) => check === id)
  return {code, stderr, data, of}
}

let plain: TestHub
let flower: Awaited<ReturnType<typeof makeFlowerImage>> | undefined
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-own-'))
  flower = await makeFlowerImage(image)
  plain = await hubOf(own() + monitor)
})
afterAll(async () => {
  for (const hub of hubs) await hub.remove()
  await flower?.remove()
  await rm(folder, {recursive: true})
})

describe('a compose file that is none of ours, with nothing published', () => {
  it('is brought up', async () => {
    const {code, stdout, stderr} = await mon('up', '--file', plain.file)
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(`Project ${plain.project} is up.`)
    expect((await plain.containers()).sort()).toEqual(
      ['broker', 'jobs', 'monitor'].map(service => `${plain.project}-${service}-1`),
    )
  })

  it.each([
    ['--file', () => plain.file],
    ['--project-name', () => plain.project],
  ])('is found by %s from elsewhere, with everything in it', async (flag, value) => {
    const {code, stderr, data, of} = await doctor(flag, value())
    expect(data.target).toMatchObject({project: plain.project, composeFile: plain.file})
    // Only what such a file really lacks: a volume under Redis.
    expect(
      data.findings.filter(({status}: {status: string}) => /critical|unknown|warning/.test(status)),
    ).toEqual([expect.objectContaining({check: 'redis.persistence'})])
    expect([code, stderr]).toEqual([1, ''])
    const address = (
      await docker(
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        `${plain.project}-broker-1`,
      )
    ).trim()
    expect(of('redis.reachable').message).toContain(`${address}:6379`)
    expect(of('celery.nodes-online')).toMatchObject({status: 'pass', message: 'celery@jobs'})
    expect(of('celery.queue-consumers').status).toBe('pass')
    expect(of('celery.pool-processes').status).toBe('pass')
    expect(of('flower.sees-nodes').status).toBe('pass')
    expect(of('stack.unchanged').status).toBe('pass')
  })

  it('is measured', async () => {
    const {code, stdout} = await mon('stats', '--project-name', plain.project, '--json')
    expect(code).toBe(0)
    const {samples} = JSON.parse(stdout).data
    const of = (metric: string) => samples.filter((sample: {metric: string}) => sample.metric === metric)
    expect(
      of('queue_messages').map(({labels, value}: {labels: object; value: number}) => [labels, value]),
    ).toEqual([
      [{queue: 'celery'}, 0],
      [{queue: 'reports'}, 0],
    ])
    expect(of('celery_pool_processes')[0]).toMatchObject({labels: {}, value: 2})
    expect(of('task_success_ratio')[0]).toMatchObject({source: 'flower'})
  })

  it('shows the log of one service', async () => {
    const {code, stdout} = await mon('logs', 'jobs', '--file', plain.file)
    expect(code).toBe(0)
    expect(stdout).toContain('celery@jobs v')
    expect(stdout).not.toContain('Ready to accept connections')
  })

  it('restarts one service and leaves the others', async () => {
    const startedAt = async (service: string) =>
      docker('inspect', '--format', '{{.State.StartedAt}}', `${plain.project}-${service}-1`)
    const before = [await startedAt('jobs'), await startedAt('broker')]
    const {code, stdout, stderr} = await mon('restart', 'jobs', '--file', plain.file)
    expect([code, stdout], stderr).toEqual([0, 'Restarted jobs.\n'])
    expect(await startedAt('jobs')).not.toBe(before[0])
    expect(await startedAt('broker')).toBe(before[1])
  })

  it('is refused to another file of the same project', async () => {
    const other = path.join(folder, 'other.yml')
    await writeFile(other, own())
    for (const words of [['up'], ['restart', 'jobs'], ['down']]) {
      const {code, stderr} = await mon(...words, '--file', other, '--project-name', plain.project)
      expect([words, code]).toEqual([words, 64])
      expect(stderr).toContain(plain.file)
    }
    expect(await plain.containers()).toHaveLength(3)
  })

  it('has its own containers in what is to be typed', async () => {
    await docker('kill', `${plain.project}-jobs-1`)
    const {code, of} = await doctor('--file', plain.file)
    expect(code).toBe(2)
    const {status, remedies} = of('stack.running')
    expect(status).toBe('critical')
    const lines = remedies.map(({line}: {line: string}) => line)
    expect(lines).toContain(`hub-mon up --file ${plain.file}`)
    expect(lines.join('\n')).toContain(`${plain.project}-jobs-1`)
    expect(lines.join('\n')).not.toMatch(/celery-worker|hub-redis/)
  })
})

describe('another one beside it, with Redis published', () => {
  it('comes, is looked at and goes without touching the first', async () => {
    const second = await hubOf(own().replace('  jobs:', `    ${published}\n  jobs:`))
    const before = await docker(
      'ps',
      '--filter',
      `label=com.docker.compose.project=${plain.project}`,
      '--format',
      '{{.ID}}',
    )
    expect((await mon('up', '--file', second.file)).code).toBe(0)
    const {of, data} = await doctor('--file', second.file)
    const port = (await docker('port', `${second.project}-broker-1`, '6379')).trim()
    expect(of('redis.reachable').message).toContain(port)
    expect(data.target.project).toBe(second.project)
    expect((await mon('down', '--file', second.file, '--volumes', '--yes')).code).toBe(0)
    expect(await second.containers()).toEqual([])
    expect(
      await docker(
        'ps',
        '--filter',
        `label=com.docker.compose.project=${plain.project}`,
        '--format',
        '{{.ID}}',
      ),
    ).toBe(before)
  })
})

describe('a Redis that listens inside its container alone', () => {
  it('is asked by docker exec, and what that cannot tell is not waited for', async () => {
    const inside = await hubOf(
      own({redis: '--bind 127.0.0.1', worker: 'network_mode: service:broker', broker: '127.0.0.1'}),
    )
    const up = await mon('up', '--file', inside.file, '--wait-for', '20s')
    expect(up.code, up.stderr).toBe(0)
    expect(up.stderr).not.toContain('Warning')
    const {of, data, stderr} = await doctor('--file', inside.file)
    expect(stderr).toBe('')
    expect(of('redis.reachable').message).toContain(`${inside.project}-broker-1 (docker exec)`)
    expect(of('celery.nodes-online').status).toBe('skipped')
    expect(of('celery.queue-depth').status).toBe('pass')
    expect(of('stack.unchanged').status).not.toBe('notice')
    const nodes = data.samples.find(({metric}: {metric: string}) => metric === 'celery_nodes_online')
    expect(nodes).toMatchObject({value: null})
    await inside.remove()
  })
})

describe('down', () => {
  it('takes the first one away', async () => {
    const {code, stdout} = await mon('down', '--file', plain.file)
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Project ${plain.project} is gone.`)])
    expect(await plain.containers()).toEqual([])
  })
})
