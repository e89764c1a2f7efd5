import {createHash, randomUUID} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Secrets} from '../../src/snapshot/secrets.ts'
import {findCompose} from '../../src/sources/compose/find-compose.ts'
import {readCompose} from '../../src/sources/compose/read-compose.ts'
import {type Engine, openDocker} from '../../src/sources/docker/engine.ts'
import {execInContainer} from '../../src/sources/docker/exec.ts'
import {type LogLine, readLogs} from '../../src/sources/docker/logs.ts'
import {readPublishers} from '../../src/sources/docker/published.ts'
import {findProjects, readDocker} from '../../src/sources/docker/read-docker.ts'
import {readStats} from '../../src/sources/docker/read-stats.ts'
import {type HalfDeadWay, startHalfDeadEngine} from '../services/half-dead.ts'
import {docker, TestHub} from '../services/hub.ts'
import type {Finding} from '../services/operator.ts'

const canary = `canary-${createHash('sha256').update(String(process.pid)).digest('hex').slice(0, 16)}`
const hub = new TestHub(undefined, {FLOWER_BASIC_AUTH: `admin:${canary}`})
const never = new AbortController().signal
let engine: Engine

const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-docker-source-'))
beforeAll(async () => {
  engine = await openDocker()
  await hub.compose('up', '-d', 'redis', 'celery-worker')
})
afterAll(async () => {
  await hub.remove()
  await rm(folder, {recursive: true})
})

const read = async (secrets = new Secrets()) =>
  readDocker(engine, {project: hub.project, services: {}, secrets}, AbortSignal.timeout(5000))

describe('the engine', () => {
  it('is told with its containers, their roles, ports, limits and volumes', async () => {
    const {facts, environment} = await read()
    expect(facts.engine).toMatchObject({local: true, cpus: expect.any(Number)})
    expect(Math.abs(facts.engine.clockOffsetSeconds ?? Number.NaN)).toBeLessThan(2)
    const [worker, redis] = facts.containers
    expect(facts.containers).toHaveLength(2)
    expect(worker).toMatchObject({
      name: hub.container('celery-worker'),
      service: 'celery-worker',
      role: 'worker',
      state: 'running',
      exitCode: 0,
      oomKilled: false,
      without: ['flower'],
      configFiles: hub.file,
      limits: {memoryBytes: 512 * 1024 * 1024, cpus: null},
    })
    expect(redis).toMatchObject({
      role: 'redis',
      ports: [{containerPort: 6379, hostIp: '127.0.0.1', hostPort: expect.any(Number)}],
      addresses: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)],
      mounts: [{type: 'volume', name: `${hub.project}_redis-data`, destination: '/data'}],
    })
    expect(environment.get(hub.container('celery-worker'))?.CELERY_BROKER_URL).toBe('redis://redis:6379/0')
  })

  it('is told without a project, too', async () => {
    const secrets = new Secrets()
    const {facts} = await readDocker(
      engine,
      {project: null, services: {}, secrets},
      AbortSignal.timeout(5000),
    )
    expect(facts.containers).toEqual([])
    expect(facts.otherProjects).toContain(hub.project)
  })

  it('finds the project with its file, and not a project without Celery', async () => {
    const found = (await findProjects(engine, {}, AbortSignal.timeout(5000))).find(
      ({name}) => name === hub.project,
    )
    expect(found).toMatchObject({running: true, configFiles: hub.file, services: ['celery-worker', 'redis']})
  })

  it('says which container holds a port', async () => {
    const {facts} = await read()
    const port = facts.containers[1]?.ports[0]?.hostPort
    expect(await readPublishers(engine, AbortSignal.timeout(5000))).toContainEqual({
      container: hub.container('redis'),
      project: hub.project,
      hostIp: '127.0.0.1',
      port,
    })
  })

  it('gives the hashes that Compose gives to the same file: nothing has changed', async () => {
    const binary = await findCompose(never)
    const {file, project} = hub
    const environment = {FLOWER_BASIC_AUTH: `admin:${canary}`, HUB_STOP_GRACE: '20s', FLOWER_PORT: '0'}
    const secrets = new Secrets()
    const answer = await readCompose(binary, {file, project, environment, services: {}, secrets}, never)
    const {facts} = await read()
    const hashes = new Map(answer.value.config?.services.map(({name, configHash}) => [name, configHash]))
    for (const {service, configHash} of facts.containers) expect(hashes.get(service)).toBe(configHash)
    expect(JSON.stringify(answer)).not.toContain(canary)
    expect(secrets.mask(canary)).toBe('***')
  })
})

describe('stats', () => {
  it('are measured for what runs, without the page cache, and not for what is stopped', async () => {
    const {facts} = await read()
    const stopped = facts.containers.map(container =>
      container.role === 'redis' ? {...container, state: 'exited' as const} : container,
    )
    const {containers} = await readStats(engine, stopped, AbortSignal.timeout(5000))
    expect(containers).toHaveLength(1)
    const [worker] = containers
    expect(worker).toMatchObject({role: 'worker', memoryOf: 'limit'})
    expect(worker?.cpuRatio).toBeGreaterThanOrEqual(0)
    expect(worker?.memoryRatio).toBeGreaterThan(0.01)
    expect(worker?.memoryRatio).toBeLessThan(1)
  })
})

describe('a command in a container', () => {
  const exec = (...argv: string[]) =>
    execInContainer(engine, hub.container('redis'), argv, AbortSignal.timeout(5000))

  it('gives its output and exit code', async () => {
    expect(await exec('redis-cli', 'ping')).toEqual({exitCode: 0, stdout: 'PONG\n', stderr: ''})
    expect(await exec('sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  it('is cut off when it prints without end', async () => {
    await expect(exec('sh', '-c', 'while :; do echo xxxxxxxxxxxxxxxx; done')).rejects.toMatchObject({
      code: 'too-much',
    })
  })

  it('is left when it takes too long', async () => {
    const start = performance.now()
    const slow = execInContainer(engine, hub.container('redis'), ['sleep', '20'], AbortSignal.timeout(300))
    await expect(slow).rejects.toMatchObject({code: 'timeout'})
    expect(performance.now() - start).toBeLessThan(3000)
  })

  it('says that there is no such container', async () => {
    await expect(
      execInContainer(engine, 't-no-such-container', ['true'], AbortSignal.timeout(5000)),
    ).rejects.toMatchObject({code: 'api'})
  })
})

describe('logs', () => {
  it('come as lines with their time, the newest last', async () => {
    const options = {follow: false, tail: 5, since: null}
    const lines: LogLine[] = []
    for await (const line of readLogs(engine, hub.container('redis'), options, AbortSignal.timeout(5000)))
      lines.push(line)
    expect(lines).toHaveLength(5)
    expect(lines.map(({time}) => time)).toEqual(lines.map(({time}) => time).sort())
    expect(lines[0]?.time).toMatch(/^20\d\d-.*Z$/)
  })

  it('end when nobody wants more', async () => {
    const leave = new AbortController()
    const options = {follow: true, tail: 1, since: null}
    const lines: LogLine[] = []
    for await (const line of readLogs(engine, hub.container('redis'), options, leave.signal)) {
      lines.push(line)
      leave.abort()
    }
    expect(lines).toHaveLength(1)
  })
})

/** One question is answered as no engine does, and every other one as it should be. */
describe('an engine that is half dead in one answer', () => {
  const frame = Buffer.from([1, 0, 0, 0, 0x0c, 0x80, 0, 0]).toString('latin1')
  const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 209715200\r\n\r\n{"'
  const stream = `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nContent-Length: 209715200\r\n\r\n${frame}`
  const questions = {
    stats: {question: /\/stats/, answer: json, ask: statsOf},
    logs: {question: /\/logs/, answer: stream, ask: logsOf},
    'a command': {question: /\/exec\/\w+\/start/, answer: stream, ask: commandIn},
  }
  async function statsOf(half: Engine) {
    return readStats(half, (await read()).facts.containers, AbortSignal.timeout(1500))
  }
  /** A log that is cut off ends; what had come of it counts. */
  async function logsOf(half: Engine) {
    let bytes = 0
    const wanted = {follow: false, tail: 10, since: null}
    for await (const {text} of readLogs(half, hub.container('redis'), wanted, AbortSignal.timeout(1500)))
      bytes += text.length
    return {bytes}
  }
  function commandIn(half: Engine) {
    return execInContainer(half, hub.container('redis'), ['redis-cli', 'PING'], AbortSignal.timeout(1500))
  }

  const cut = {code: 'timeout'}
  const noEngine = {code: 'not-docker'}
  const brokenOff = {code: 'broken-off'}
  it.concurrent.each<[keyof typeof questions, HalfDeadWay, object]>([
    ['stats', 'silent', cut],
    ['stats', 'drips', cut],
    ['stats', 'garbage', noEngine],
    ['stats', 'floods', noEngine],
    ['stats', 'closes early', brokenOff],
    ['logs', 'silent', {bytes: 0}],
    ['logs', 'drips', {bytes: 0}],
    ['logs', 'garbage', noEngine],
    ['logs', 'floods', {bytes: 0}],
    ['logs', 'closes early', brokenOff],
    ['a command', 'silent', cut],
    ['a command', 'drips', cut],
    ['a command', 'garbage', noEngine],
    ['a command', 'floods', {code: 'too-much'}],
    ['a command', 'closes early', brokenOff],
  ])('%s: %s', async (what, way, told) => {
    const {question, answer, ask} = questions[what]
    const socket = path.join(folder, `${randomUUID()}.sock`)
    const {asked, close} = await startHalfDeadEngine(socket, question, way, answer)
    const half = await openDocker({DOCKER_HOST: `unix://${socket}`})
    const started = performance.now()
    expect(await ask(half).catch((error: unknown) => error)).toMatchObject(told)
    // Its deadline, and a machine that does many of these at once.
    expect((performance.now() - started) / 1000).toBeLessThan(5)
    expect(asked()).toBeGreaterThan(0)
    await close()
  })

  it('is told by doctor, and nothing else is missing', async () => {
    const socket = path.join(folder, 'stats.sock')
    const {close} = await startHalfDeadEngine(socket, /\/stats/, 'silent', json)
    const words = ['doctor', '--json', '--only', 'docker,stack.running,stack.cpu,stack.memory']
    const {ended} = hub.start(words, {env: {...hub.environment, DOCKER_HOST: `unix://${socket}`}})
    const {stdout} = await ended
    const findings: Finding[] = JSON.parse(stdout).data.findings
    const of = (id: string) => findings.find(({check}) => check === id)
    expect(of('docker.reachable')?.status).toBe('pass')
    expect(of('stack.running')?.message).toMatch(/has no container/)
    expect(of('stack.cpu')).toMatchObject({
      ...{status: 'notice', message: expect.stringMatching(/^CPU and memory could not be read: .* in time$/)},
    })
    expect(of('stack.memory')?.status).toBe('skipped')
    await close()
  })
})

describe('a container that is paused', () => {
  it('is told as paused, and takes no command', async () => {
    await docker('pause', hub.container('redis'))
    try {
      const {facts} = await read()
      expect(facts.containers.find(({role}) => role === 'redis')?.state).toBe('paused')
      await expect(
        execInContainer(engine, hub.container('redis'), ['true'], AbortSignal.timeout(5000)),
      ).rejects.toMatchObject({code: 'not-running'})
    } finally {
      await docker('unpause', hub.container('redis'))
    }
  })
})
