import {execFile} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {makeFlowerImage} from '../services/flower-image.ts'
import {docker, root, TestHub, until} from '../services/hub.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'

/** One canary a place, so that a leak tells where it comes from. Two of its characters are encoded in URLs. */
const marks = new Map<string, string>()
function canary(place: string): string {
  const mark = `k${randomBytes(6).toString('hex')}`
  marks.set(place, mark)
  return `${mark}/+`
}
const redis = canary('requirepass')
const flowerAuth = canary('FLOWER_BASIC_AUTH')
const innocent = canary('a URL in a variable with an innocent name')
const token = canary('API_TOKEN')
const stackToken = canary('stack: of the configuration, a token')
const stackUrl = canary('stack: of the configuration, a URL')
const wrong = canary('a wrong password')
const stray = canary('a password that is not encoded')
const invalid = canary('a compose file that is invalid')
const broken = canary('a configuration file that is invalid')

/** The places whose canary shows: as it is, in part, percent-encoded, or in base64 as `user:password`. */
function leaks(...texts: string[]): string[] {
  const text = texts.join('\n')
  return [...marks].flatMap(([place, mark]) => {
    const secret = `${mark}/+`
    const forms = [
      mark,
      ...['admin:', ':', ''].map(user =>
        Buffer.from(user + secret)
          .toString('base64')
          .replace(/=+$/, ''),
      ),
    ]
    return forms.some(form => text.includes(form)) ? [place] : []
  })
}

const image = `hub-mon/flower-stand-in:${randomBytes(4).toString('hex')}`
const project = `t-${randomBytes(4).toString('hex')}`
const url = (password: string, rest: string) => `redis://:${encodeURIComponent(password)}@${rest}`

let folder: string
let hub: TestHub
let port: string
let flower: Awaited<ReturnType<typeof makeFlowerImage>> | undefined
/** In the folder of the hub, with its configuration file. */
const mon = (words: readonly string[], extra: Record<string, string> = {}) =>
  hubMon(words, {cwd: path.join(folder, project), env: quietEnvironment(extra)})
/** In a folder without one. */
const elsewhere = (words: readonly string[], extra: Record<string, string> = {}) =>
  hubMon(words, {cwd: folder, env: quietEnvironment(extra)})

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-secrets-'))
  flower = await makeFlowerImage(image)
  await mkdir(path.join(folder, project))
  const file = path.join(folder, project, 'stack.yml')
  await writeFile(
    file,
    `
services:
  broker:
    image: redis:7-alpine
    command: redis-server --requirepass ${redis}
    ports: ["127.0.0.1::6379"]
  jobs:
    image: hub-mon/hub:0.1
    command: sh -c 'echo "with $$API_TOKEN and $$CELERY_BROKER_URL to $$UPSTREAM"; echo "${innocent} ${redis}" >&2; exec celery -A app.celery_app worker -l INFO --concurrency=2 -E -n celery@jobs'
    volumes: ["${path.join(root, 'hub')}:/hub:ro"]
    stop_grace_period: 5s
    environment:
      CELERY_BROKER_URL: ${url(redis, 'broker:6379/0')}
      CELERY_RESULT_BACKEND: ${url(redis, 'broker:6379/1')}
      UPSTREAM: https://bob:${encodeURIComponent(innocent)}@api.example/v1
      API_TOKEN: ${token}
      EXTRA: \${EXTRA_TOKEN:-}\${EXTRA_URL:-}
  monitor:
    image: ${image}
    command: celery -A app.celery_app flower --port=5555
    environment:
      STAND_IN_NODES: celery@jobs
      FLOWER_BASIC_AUTH: admin:${flowerAuth}
`,
  )
  await writeFile(
    path.join(folder, project, 'hub-mon.config.yaml'),
    `
file: stack.yml
flowerAuth: admin:${flowerAuth}
stack:
  EXTRA_TOKEN: ${stackToken}
  EXTRA_URL: https://u:${encodeURIComponent(stackUrl)}@h.example/
`,
  )
  hub = new TestHub(file, {}, project)
})
afterAll(async () => {
  await hub?.remove()
  await flower?.remove()
  await rm(folder, {recursive: true})
})

describe('a canary in every place', () => {
  it('is where it should be, and in no output of up', async () => {
    const {stdout, stderr, code} = await mon(['up'])
    expect(leaks(stdout, stderr)).toEqual([])
    expect(code, stderr).toBe(0)
    port = (await docker('port', `${project}-broker-1`, '6379')).trim()
    await until('the worker has said them', 10, async () =>
      (await docker('logs', `${project}-jobs-1`)).includes('with '),
    )
    // The test can see leaks: what Docker shows has nearly all of them.
    const shown = await docker('inspect', ...(await hub.containers()))
    expect(leaks(shown)).toHaveLength(6)
  })

  it.concurrent.each([
    ...['table', 'short', 'json', 'junit', 'github', 'markdown'].map(format => [
      'doctor',
      '--format',
      format,
    ]),
    ['doctor', '--verbose'],
    ['doctor', '--json', '--pre'],
    ['stats'],
    ['stats', '--json'],
    ['stats', '--verbose'],
    ['config', 'show'],
    ['config', 'show', '--json'],
    ['config', 'validate'],
    ['logs'],
    ['logs', '--json'],
    ['logs', 'jobs', '--timestamps'],
    ['up', '--dry-run'],
    ['up', '--json'],
    ['restart', 'jobs', '--dry-run'],
    ['down', '--dry-run', '--volumes'],
    ['open'],
    ['open', '--json'],
  ])('%s %s %s', async (...words) => {
    const {stdout, stderr, code} = await mon(
      words.filter(word => word !== undefined),
      {DEBUG: 'hub-mon'},
    )
    expect(leaks(stdout, stderr)).toEqual([])
    expect(stdout + stderr).not.toBe('')
    expect(code).toBeLessThan(4 + 66 * Number(words[0] === 'open'))
  })

  it('a saved snapshot', async () => {
    const file = path.join(folder, 'incident.json')
    await mon(['doctor', '--save', file])
    const text = await readFile(file, 'utf8')
    expect(leaks(text)).toEqual([])
    // It did get in everywhere: nothing was left unread for want of a password.
    const {sources} = JSON.parse(text)
    for (const source of ['docker', 'compose', 'redis', 'celery', 'flower'])
      expect([source, sources[source].status]).toEqual([source, 'fresh'])
    expect(sources.flower.value).toMatchObject({sentCredentials: true, api: 'usable'})
  })

  it('a bundle, all of it unpacked', async () => {
    const [inLog, inHeader, inKey, argument] = ['log', 'header', 'slow command', 'argument of a task'].map(
      canary,
    )
    const basic = Buffer.from(`admin:${inHeader}`).toString('base64')
    const jobs = `${project}-jobs-1`
    const redisCli = (...words: string[]) =>
      docker('exec', '--env', `REDISCLI_AUTH=${redis}`, `${project}-broker-1`, 'redis-cli', ...words)
    await docker(
      'exec',
      jobs,
      'sh',
      '-c',
      `echo 'login: password=${inLog} Authorization: Basic ${basic}' >/proc/1/fd/1`,
    )
    await redisCli('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
    await redisCli('SET', 'key', inKey ?? '')
    await redisCli('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
    const call = [
      'celery',
      '-A',
      'app.celery_app',
      'call',
      'app.tasks.scheduled',
      '--args',
      JSON.stringify([argument]),
    ]
    await docker('exec', jobs, ...call)
    await until('the task has told its result', 10, async () =>
      (await mon(['logs', 'jobs'])).stdout.includes('succeeded in'),
    )
    const file = path.join(folder, 'hub.tar.gz')
    const {stdout, stderr, code} = await mon(['bundle', '--output', file])
    expect([code, stderr]).toEqual([0, ''])
    const unpacked = path.join(folder, 'unpacked')
    await mkdir(unpacked)
    await promisify(execFile)('tar', ['xzf', file, '--strip-components=1', '-C', unpacked])
    const names = (await readdir(unpacked, {recursive: true, withFileTypes: true})).filter(each =>
      each.isFile(),
    )
    const texts = await Promise.all(
      names.map(
        async ({parentPath, name}) => [name, await readFile(path.join(parentPath, name), 'utf8')] as const,
      ),
    )
    for (const [name, text] of [['stdout', stdout] as const, ...texts])
      expect([name, leaks(text)]).toEqual([name, []])
    // Everything was got at, and stands there masked.
    const all = new Map(texts)
    for (const {name, missing} of JSON.parse(all.get('index.json') ?? '').files)
      expect([name, missing]).toEqual([name, null])
    expect(all.get('jobs.log')).toContain('login: password=*** Authorization: Basic ***')
    expect(all.get('jobs.log')).toMatch(/succeeded in [\d.]+s: \*\*\*$/m)
    expect(all.get('redis-info.txt')).toMatch(/µs SET \(2 arguments\)$/im)
    expect(all.get('compose-config.yml')).toContain('--requirepass')
  })

  it('a look at the hub by its Redis alone', async () => {
    for (const [words, extra] of [
      [['--redis-url', url(redis, `${port}/0`)], {}],
      [[], {HUB_MON_REDIS_URL: url(redis, `${port}/0`)}],
      [[`--redis-url=${`redis://:${redis}@${port}/0`}`], {}],
    ] as const) {
      const {stdout, stderr, code} = await elsewhere(
        ['doctor', '--verbose', '--only', 'redis.*,celery.*', ...words],
        extra,
      )
      expect(leaks(stdout, stderr)).toEqual([])
      expect(stdout).toContain('celery@jobs')
      expect(code).toBeLessThan(2)
    }
  })
})

describe('failures', () => {
  it.concurrent.each([
    ['wrong password by flag', () => ['--redis-url', url(wrong, `${port}/0`)], () => ({})],
    ['wrong password by variable', () => [], () => ({HUB_MON_REDIS_URL: url(wrong, `${port}/0`)})],
    ['wrong password of the surroundings', () => [], () => ({CELERY_BROKER_URL: url(wrong, `${port}/0`)})],
    ['wrong password, not encoded', () => ['--redis-url', `redis://:${stray}@${port}/0`], () => ({})],
    ['refused', () => ['--redis-url', url(wrong, '127.0.0.1:1/0')], () => ({})],
    ['a scheme that is not spoken', () => ['--redis-url', `amqp://guest:${stray}@127.0.0.1:1//`], () => ({})],
    ['a wrong flag beside it', () => ['--redis-url', `redis://:${stray}@${port}/0`, '--bogus'], () => ({})],
    ['a mistyped URL', () => ['--redis-url', `redis//:${stray}@127.0.0.1:1`], () => ({})],
    [
      'Flower with credentials',
      () => [
        '--redis-url',
        url(wrong, '127.0.0.1:1/0'),
        '--flower-url',
        `http://admin:${stray}@127.0.0.1:1/`,
      ],
      () => ({FLOWER_BASIC_AUTH: `admin:${wrong}`}),
    ],
  ])('%s', async (_what, words, extra) => {
    for (const command of [
      ['doctor', '--verbose'],
      ['doctor', '--json'],
      ['config', 'show'],
      ['config', 'show', '--json'],
      ['open'],
    ]) {
      const {stdout, stderr} = await elsewhere([...command, ...words()], {DEBUG: 'hub-mon', ...extra()})
      expect([command, leaks(stdout, stderr)]).toEqual([command, []])
    }
  })

  it('a compose file that Compose refuses, at the very line', async () => {
    const file = path.join(folder, 'invalid.yml')
    for (const text of [
      `services:\n  redis:\n    image: redis\n    environment:\n      - REDIS_PASSWORD: ${invalid}\n`,
      `services:\n  redis:\n    image: redis\n    password: ${invalid}\n`,
      `services:\n  redis:\n    image: redis\n    command: redis-server --requirepass "${invalid}\n`,
      `services:\n  redis:\n    image: redis\n    ports: ["${invalid}:6379"]\n    environment: {REDIS_PASSWORD: "${invalid}"}\n`,
      `services:\n  redis:\n    image: redis\n    environment: {REDIS_URL: "redis://:${invalid}@redis"}\n    command: "\${MISSING:?redis://:${invalid}@redis}"\n`,
    ]) {
      await writeFile(file, text)
      for (const command of [
        ['up'],
        ['doctor', '--pre', '--verbose'],
        ['doctor', '--json', '--only', 'compose'],
      ]) {
        const {stdout, stderr} = await elsewhere([...command, '--file', file], {DEBUG: 'hub-mon'})
        expect([text, command, leaks(stdout, stderr)]).toEqual([text, command, []])
      }
    }
  })

  it('a configuration file that is refused, at the very line', async () => {
    const file = path.join(folder, 'broken.yaml')
    for (const text of [
      `flowerAuth: admin:${broken}: x\n`,
      `flowerAuth: "admin:${broken}\n`,
      `redisUrl: redis://:${broken}@127.0.0.1:1/0\nprojctName: x\n`,
      `redisUrl: [redis://:${broken}@127.0.0.1:1/0\n`,
      `stack:\n  API_TOKEN: [${broken}]\n`,
      `flowerAuth: [admin:${broken}]\n`,
    ]) {
      await writeFile(file, text)
      for (const command of [
        ['config', 'validate'],
        ['doctor', '--json'],
        ['config', 'show'],
      ]) {
        const {stdout, stderr, code} = await elsewhere([...command, '--config', file], {DEBUG: 'hub-mon'})
        expect([text, command, leaks(stdout, stderr)]).toEqual([text, command, []])
        expect([text, code]).toEqual([text, 78])
      }
    }
  })
})

it('restart and down', async () => {
  for (const words of [
    ['restart', 'jobs'],
    ['down', '--volumes', '--yes'],
  ]) {
    const {stdout, stderr, code} = await mon(words, {DEBUG: 'hub-mon'})
    expect(leaks(stdout, stderr)).toEqual([])
    expect(code).toBe(0)
  }
})
