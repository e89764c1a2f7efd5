import {execFile, type SpawnOptions} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer as createHttpServer} from 'node:http'
import {type AddressInfo, createServer, type Server} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {composeFile, docker, root, TestHub} from '../services/hub.ts'
import {type Ended, hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

const run = promisify(execFile)
const hub = new TestHub()
let folder: string
let redis: RedisService
let app: CeleryApp
const environment = (extra: Record<string, string> = {}) =>
  quietEnvironment({
    COMPOSE_PROJECT_NAME: hub.project,
    FLOWER_PORT: '0',
    HUB_STOP_GRACE: '10s',
    // The health check asks over the same broker: what it leaves for a moment is not ours.
    HUB_HEALTH_INTERVAL: '1h',
    ...extra,
  })
const mon = (...words: string[]) => hubMon(words, {cwd: root, env: environment()})

// One node with a name that no terminal should get raw, one queue that no shell should.
const red = '\u001B[31m'
const escapedTask = `tasks.${red}red`
let touched: string
let evilQueue: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-contracts-'))
  touched = path.join(folder, 'touched')
  evilQueue = `$(touch ${touched})`
  writeFileSync(path.join(folder, 'config.yaml'), 'timeout: 4s\n')
  redis = await startRedis()
  app = await createCeleryApp(redis.url, redis.url)
  await Promise.all([
    mon('up').then(({code, stderr}) => expect(code, stderr).toBe(0)),
    app.worker('--concurrency=1', '-n', `celery@${red}red`),
  ])
})
afterAll(async () => {
  await app?.stop()
  await redis?.stop()
  await hub.remove()
  rmSync(folder, {recursive: true})
})

describe('--json on a running hub', () => {
  it.concurrent.each([
    ['doctor', 'doctor@1', ['doctor']],
    ['doctor, passive', 'doctor@1', ['doctor', '--passive', '--only', 'redis,celery']],
    ['doctor before the start', 'doctor@1', ['doctor', '--pre']],
    ['doctor --list', 'checks@1', ['doctor', '--list']],
    ['stats', 'stats@1', ['stats']],
    ['stats by queue', 'stats@1', ['stats', '--by', 'queue']],
    ['explain', 'explain@1', ['explain', 'redis.reachable']],
    ['config show', 'config@1', ['config', 'show']],
    ['config init', 'config-init@1', ['config', 'init', '--stdout']],
    ['config validate', 'config-validate@1', ['config', 'validate', '--config', 'CONFIG']],
    ['completion', 'completion@1', ['completion', 'bash']],
    ['up, nothing to do', 'up@1', ['up']],
    ['up --dry-run', 'plan@1', ['up', '--dry-run']],
    ['down --dry-run', 'plan@1', ['down', '--dry-run', '--volumes']],
    ['open, without a Flower', 'error@1', ['open']],
    ['a wrong flag', 'error@1', ['doctor', '--bogus']],
    ['a foreign file', 'error@1', ['up', '--file', 'gone.yml']],
    ['no such command', 'error@1', ['docter']],
  ])('%s is one document that holds %s', async (_what, id, words) => {
    const {stdout, stderr, code} = await mon(
      ...words.map(word => word.replace('CONFIG', path.join(folder, 'config.yaml'))),
      '--json',
    )
    expect(stderr).toBe('')
    const document = JSON.parse(stdout)
    expect(complaints('envelope@1', document)).toEqual([])
    expect(complaints(id, document)).toEqual([])
    expect(document).toMatchObject({exitCode: code, ok: code === 0})
  })

  it('a saved snapshot holds snapshot@1 and is judged the same', async () => {
    const file = path.join(folder, 'incident.json')
    const seen = JSON.parse((await mon('doctor', '--save', file, '--json')).stdout)
    expect(complaints('snapshot@1', JSON.parse(readFileSync(file, 'utf8')))).toEqual([])
    const replayed = JSON.parse((await mon('doctor', '--from', file, '--json')).stdout)
    expect(replayed.data).toEqual(seen.data)
  })

  it('logs are a document a line', async () => {
    const {stdout, code} = await mon('logs', '--json', '--tail', '5')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(0)
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines)
      expect(line).toMatchObject({type: 'log', service: expect.any(String), text: expect.any(String)})
  })

  it('null, never 0, is what could not be measured', async () => {
    // No Flower, and no results: nothing was done yet.
    const {stdout} = await mon('stats', '--json')
    const of = (metric: string) =>
      JSON.parse(stdout).data.samples.find(
        (sample: {metric: string; labels: object}) => sample.metric === metric,
      )
    for (const metric of [
      'task_success_ratio',
      'task_failure_ratio',
      'task_retry_ratio',
      'task_runtime_seconds',
    ])
      expect(of(metric), metric).toMatchObject({value: null, targetMet: null})
    expect(of('celery_nodes_online')).toMatchObject({value: 1, source: 'celery'})
    // Nothing of Redis, Celery and Docker either.
    const none = await hubMon(['stats', '--json', '--redis-url', 'redis://127.0.0.1:1/0'], {
      cwd: folder,
      env: quietEnvironment(),
    })
    const {samples} = JSON.parse(none.stdout).data
    expect(samples.length).toBeGreaterThan(5)
    // That Redis does not answer is itself what was measured.
    for (const {metric, value} of samples)
      expect([metric, value]).toEqual([metric, metric === 'redis_up' ? 0 : null])
  })
})

type Cli = (...words: string[]) => Promise<string>
const ofHub: Cli = async (...words) => await docker('exec', hub.container('redis'), 'redis-cli', ...words)

/** What the broker holds: its keys, and the members of its bindings. */
async function kept(cli: Cli = redis.cli): Promise<string[]> {
  const keys = (await cli('KEYS', '*')).split('\n').filter(key => key !== '')
  const bindings = await Promise.all(
    keys.filter(key => key.startsWith('_kombu')).map(key => cli('SMEMBERS', key)),
  )
  return [...keys, ...bindings.flatMap(text => text.split('\n'))].sort()
}
const onRedis = (...words: string[]) =>
  hubMon([...words, '--redis-url', redis.url], {cwd: folder, env: quietEnvironment()})

describe('hostile names on a real broker', () => {
  beforeAll(async () => {
    const send = `from tasks import app
from celery import Celery
app.send_task('tasks.add', (1, 2), queue=${JSON.stringify(evilQueue)})
app.send_task(${JSON.stringify(escapedTask)}, queue=${JSON.stringify(evilQueue)})
for number in range(20): app.send_task('tasks.add', (1, 2), queue=${JSON.stringify(evilQueue)})`
    await app.python(send)
  })

  it.concurrent.each([
    [['doctor']],
    [['doctor', '--verbose']],
    [['stats']],
    [['doctor', '--format', 'markdown']],
    [['doctor', '--format', 'github']],
    [['doctor', '--format', 'junit']],
  ])('%j has no raw escape, on a colour terminal neither but its own', async words => {
    const {stdout, stderr} = await onRedis(...words)
    expect(stdout + stderr).toContain('red')
    expect(stdout + stderr).not.toContain('\u001B')
    expect(stdout).not.toContain('\u009B')
    const coloured = await onRedis(...words, '--color')
    expect(coloured.stdout).not.toContain('\u001B[31mred')
  })

  it('every line to type is safe to type', async () => {
    const {stdout, code} = await onRedis('doctor', '--json')
    expect(code).toBe(1)
    const {findings, next} = JSON.parse(stdout).data
    const finding = findings.find(({check}: {check: string}) => check === 'celery.queue-consumers')
    expect(finding).toMatchObject({status: 'warning', affects: [evilQueue]})
    type Remedy = {line: string | null}
    const lines: string[] = [next, ...findings.flatMap(({remedies}: {remedies: Remedy[]}) => remedies)]
      .map((remedy: Remedy | null) => remedy?.line)
      .filter((line): line is string => typeof line === 'string')
    expect(lines.filter(line => line.includes('touch')).length).toBeGreaterThan(0)
    for (const line of lines) {
      await run('sh', ['-n', '-c', line])
      // Typed where no such program is: only what the shell itself would do happens.
      await run('/bin/sh', ['-c', line], {env: {PATH: folder}, cwd: folder}).catch(() => {})
      expect([line, existsSync(touched)]).toEqual([line, false])
    }
    // The same line without its quotes would.
    await run('/bin/sh', ['-c', `echo ${evilQueue}`])
    expect(existsSync(touched)).toBe(true)
    rmSync(touched)
  })
})

describe('nothing stays behind in the broker', () => {
  it.each([
    [['doctor']],
    [['stats']],
    [['doctor', '--passive']],
    [['doctor', '--only', 'redis', '--timeout', '0.2s']],
  ])('after %j', async words => {
    const before = await kept()
    await onRedis(...words)
    expect(await kept()).toEqual(before)
  })

  it('of the hub, after commands that look and one that acts', async () => {
    // What the hub's own recorder writes meanwhile is not ours.
    const keptByLooks = async () => (await kept(ofHub)).filter(key => !key.startsWith('hub-mon:'))
    const before = await keptByLooks()
    for (const words of [['doctor'], ['stats'], ['restart', 'celery-worker', '--dry-run']])
      await mon(...words)
    expect(await keptByLooks()).toEqual(before)
  })

  it('after Ctrl-C in the middle of the probe', async () => {
    const before = await kept()
    // A node that is stopped does not answer: the probe waits for it.
    const node = await app.worker('--concurrency=1', '-n', 'celery@stopped')
    node.process.kill('SIGSTOP')
    const started = await kept()
    const {child, ended} = startHubMon(['doctor', '--redis-url', redis.url], {
      cwd: folder,
      env: quietEnvironment(),
    })
    while (!(await kept()).some(key => !started.includes(key))) if (child.exitCode !== null) break
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(await kept()).toEqual(started)
    expect(before.every(key => started.includes(key))).toBe(true)
    await node.stop()
  })
})

/** Accepts connections and never says a word. */
async function silentServer(listen: {port: 0; host: string} | {path: string}): Promise<Server> {
  const server = createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => server.listen(listen, resolve))
  return server
}

/** Answers everything with 200 and then a byte a second. */
async function drippingServer(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, {'content-type': 'text/plain'})
    const drip = setInterval(() => response.write('#'), 1000)
    response.on('close', () => clearInterval(drip))
    response.write('#')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  slow.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const slow: (() => void)[] = []

describe('nothing hangs', () => {
  let redisUrl: string
  let socket: string
  let flowerUrl: string
  let silentRedis: Server
  beforeAll(async () => {
    silentRedis = await silentServer({port: 0, host: '127.0.0.1'})
    socket = path.join(folder, 'docker.sock')
    const silentDocker = await silentServer({path: socket})
    slow.push(
      () => silentRedis.close(),
      () => silentDocker.close(),
    )
    redisUrl = `redis://127.0.0.1:${(silentRedis.address() as AddressInfo).port}/0`
    flowerUrl = await drippingServer()
  })
  afterAll(() => {
    for (const close of slow) close()
  })

  async function timed(words: string[], options: SpawnOptions): Promise<Ended & {seconds: number}> {
    const start = performance.now()
    const ended = await hubMon(words, options)
    return {...ended, seconds: (performance.now() - start) / 1000}
  }
  type Finding = {check: string; status: string; message: string; becauseOf: string | null}
  function rootsOf({stdout}: Ended): string[] {
    const {data} = JSON.parse(stdout)
    return data.findings
      .filter(
        ({status, becauseOf}: Finding) =>
          ['critical', 'warning', 'unknown'].includes(status) && becauseOf === null,
      )
      .map(({check, status}: Finding) => `${status} ${check}`)
  }

  it.concurrent('a Redis that is silent', async () => {
    const ended = await timed(['doctor', '--json', '--redis-url', redisUrl], {
      cwd: folder,
      env: quietEnvironment(),
    })
    expect(ended.seconds).toBeLessThan(6)
    expect(rootsOf(ended)).toEqual(['critical redis.reachable'])
    expect(ended.code).toBe(2)
  })

  it.concurrent('a Docker engine that is silent', async () => {
    const env = environment({DOCKER_HOST: `unix://${socket}`})
    const ended = await timed(['doctor', '--json'], {cwd: root, env})
    expect(ended.seconds).toBeLessThan(6)
    expect(rootsOf(ended)[0]).toBe('critical docker.reachable')
    expect(ended.code).toBe(2)
  })

  it.concurrent('a Flower that drips', async () => {
    const ended = await timed(
      [
        'doctor',
        '--json',
        '--redis-url',
        redis.url,
        '--flower-url',
        flowerUrl,
        '--only',
        'flower,redis.reachable',
      ],
      {cwd: folder, env: quietEnvironment()},
    )
    expect(ended.seconds).toBeLessThan(6)
    expect(rootsOf(ended)).toEqual(['warning flower.reachable'])
    expect(ended.code).toBe(1)
  })

  it.concurrent('all of them at once, and each command', async () => {
    const env = environment({DOCKER_HOST: `unix://${socket}`})
    const words = ['--redis-url', redisUrl, '--flower-url', flowerUrl, '--file', composeFile, '--json']
    const [doctor, stats, open] = await Promise.all([
      timed(['doctor', ...words], {cwd: root, env}),
      timed(['stats', ...words], {cwd: root, env}),
      timed(['open', ...words.slice(0, 2), ...words.slice(4)], {cwd: root, env}),
    ])
    expect(doctor.seconds).toBeLessThan(6)
    expect(stats.seconds).toBeLessThan(6)
    expect(open.seconds).toBeLessThan(6)
    expect(rootsOf(doctor).slice(0, 2)).toEqual(['critical docker.reachable', 'critical redis.reachable'])
    expect(doctor.code).toBe(2)
    expect(stats.code).toBe(0)
    expect(open.code).toBe(69)
  })

  it('Ctrl-C on a Redis that is silent ends it at once', async () => {
    const asked = once(silentRedis, 'connection')
    const {child, ended} = startHubMon(['doctor', '--redis-url', redisUrl], {
      cwd: folder,
      env: quietEnvironment(),
    })
    await asked
    const start = performance.now()
    child.kill('SIGINT')
    expect(await ended).toMatchObject({code: 130, stdout: ''})
    expect(performance.now() - start).toBeLessThan(1500)
  })
})

it('restart and down hold their schemas, and nothing is left', async () => {
  const restarted = await mon('restart', 'redis', '--no-wait', '--json')
  expect(restarted).toMatchObject({code: 0, stderr: ''})
  expect(complaints('restart@1', JSON.parse(restarted.stdout))).toEqual([])
  const {stdout, code} = await mon('down', '--volumes', '--yes', '--json')
  expect(code).toBe(0)
  expect(complaints('down@1', JSON.parse(stdout))).toEqual([])
  expect([await hub.containers(), await hub.volumes()]).toEqual([[], []])
})
