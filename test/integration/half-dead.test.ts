import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {judgeAll} from '../../src/checks/judge.ts'
import {checks} from '../../src/checks/registry.ts'
import type {Role} from '../../src/snapshot/docker.ts'
import type {OutsideAddress} from '../../src/snapshot/outside.ts'
import {readOutside} from '../../src/sources/outside/read-outside.ts'
import {factsIn} from '../fixtures/broken.ts'
import {container, fresh, healthy} from '../fixtures/healthy.ts'
import {production} from '../fixtures/production.ts'
import {type Authority, type Identity, makeAuthority} from '../services/authority.ts'
import {type HalfDead, type HalfDeadWay, startHalfDead} from '../services/half-dead.ts'
import {composeFile, until} from '../services/hub.ts'
import {measureHubMon} from '../services/measured.ts'
import type {Finding} from '../services/operator.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

/** `--timeout` and the grace at the end; what is above it is a busy machine's. */
const mostSeconds = 20
/** A look at a healthy hub takes some 70; an engine may send 16 before it is called a flood, in several answers at once. */
const mostMegabytes = 220

let folder: string
let redis: RedisService
let authority: Authority
let identity: Identity
beforeAll(async () => {
  authority = await makeAuthority()
  identity = await authority.issue([site])
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-half-dead-'))
  redis = await startRedis()
})
afterAll(async () => {
  await redis.stop()
  await authority.remove()
  await rm(folder, {recursive: true})
})

/** What doctor says is wrong, the first thing first. It ends in time, in bounded memory, with one document. */
async function diagnose(words: readonly string[], environment: Record<string, string> = {}) {
  const ended = await measureHubMon(['doctor', '--json', ...words], environment)
  expect(ended.stderr).toBe('')
  expect(ended.seconds).toBeLessThan(mostSeconds)
  expect(ended.maxRssBytes / 1e6).toBeLessThan(mostMegabytes)
  const document = JSON.parse(ended.stdout)
  expect(complaints('doctor@1', document)).toEqual([])
  const findings: Finding[] = document.data.findings
  return {
    code: ended.code,
    alarms: findings
      .filter(({status}) => ['critical', 'warning', 'unknown'].includes(status))
      .map(({check, status, message}) => [check, status, message]),
  }
}

/** What ends by a deadline ends by the usual one; the rest is given what a machine takes that does many of these at once. */
const patience = (what: string) =>
  ['silent', 'drips'].includes(what) || what.startsWith('never') ? [] : ['--timeout', '12s']

/** Announces twice what is ever sent. */
const http = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 209715200\r\n\r\n{"'
const compose = ['--file', composeFile, '--project-name', 't-half-dead']

describe('a Docker engine that', () => {
  it.concurrent.each<[HalfDeadWay, RegExp]>([
    ['silent', /^the Docker engine at unix:\S+ did not answer in time$/],
    ['drips', /^the Docker engine at unix:\S+ did not answer in time$/],
    ['garbage', /^what answers at unix:\S+ is no Docker engine: it does not speak HTTP$/],
    ['floods', /^what answers at unix:\S+ is no Docker engine: it sent more than 16 MB$/],
    ['closes early', /^unix:\S+ broke off before the Docker engine had answered$/],
  ])('%s', async (way, message) => {
    const socket = path.join(folder, `${way.replace(' ', '-')}.sock`)
    const engine = await startHalfDead(way, http, {path: socket})
    const {code, alarms} = await diagnose([...compose, ...patience(way)], {DOCKER_HOST: `unix://${socket}`})
    expect(alarms).toEqual([['docker.reachable', 'critical', expect.stringMatching(message)]])
    expect(code).toBe(2)
    expect(engine.connections()).toBeGreaterThan(0)
    await engine.close()
  })
})

const ofRedis: [HalfDeadWay, RegExp][] = [
  ['silent', /^127\S+ accepts connections and never answers$/],
  ['drips', /^127\S+ accepts connections and never answers$/],
  ['garbage', /^what answers at 127\S+ does not speak Redis's protocol$/],
  ['floods', /^127\S+ sent more than 32 MB, more than was asked for$/],
  ['closes early', /^127\S+ closed the connection without a word$/],
]

describe('a Redis that', () => {
  it.concurrent.each(ofRedis)('%s', async (way, message) => {
    const broker = await startHalfDead(way, '$209715200\r\n"')
    const {code, alarms} = await diagnose([
      '--redis-url',
      `redis://127.0.0.1:${broker.port}/0`,
      ...patience(way),
    ])
    expect(alarms).toEqual([['redis.reachable', 'critical', expect.stringMatching(message)]])
    expect(code).toBe(2)
    expect(broker.connections()).toBeGreaterThan(0)
    await broker.close()
  })
})

describe('a Redis that keeps the history by itself, and', () => {
  it.concurrent.each(ofRedis)('%s', async (way, message) => {
    const store = await startHalfDead(way, '$209715200\r\n"')
    const config = path.join(folder, `history-${way.replace(' ', '-')}.yaml`)
    await writeFile(config, `history: {store: "redis://127.0.0.1:${store.port}/0"}\n`)
    const words = ['--redis-url', redis.url, '--config', config, '--only', 'recorder', ...patience(way)]
    const {code, alarms} = await diagnose(words)
    expect(alarms).toEqual([['recorder.records', 'warning', expect.stringMatching(message)]])
    expect(code).toBe(1)
    expect(store.connections()).toBeGreaterThan(0)
    await store.close()
  })
})

describe('a Flower that', () => {
  it.concurrent.each<[HalfDeadWay, string, RegExp]>([
    ['silent', 'flower.reachable', /^Flower at 127\S+ did not answer in time$/],
    ['drips', 'flower.reachable', /^Flower at 127\S+ did not answer in time$/],
    ['garbage', 'flower.api', /^what answers at http:\S+ is not Flower$/],
    ['floods', 'flower.api', /^what answers at http:\S+ is not Flower$/],
    ['closes early', 'flower.reachable', /^127\S+ closed the connection without a word$/],
  ])('%s', async (way, check, message) => {
    const flower = await startHalfDead(way, http)
    const url = `http://127.0.0.1:${flower.port}`
    const words = [
      '--redis-url',
      redis.url,
      '--flower-url',
      url,
      '--only',
      'flower.reachable,flower.api',
      ...patience(way),
    ]
    const {code, alarms} = await diagnose(words)
    expect(alarms).toEqual([[check, 'warning', expect.stringMatching(message)]])
    expect(code).toBe(1)
    expect(flower.connections()).toBeGreaterThan(0)
    await flower.close()
  })
})

const site = 'hub.example.test'

/** What is told of a port that is published by the hub and leads to this peer; in bounded time and memory, and let go of. */
async function lookAtOne(peer: HalfDead, role: Role, containerPort: number): Promise<OutsideAddress> {
  const ports = [{containerPort, hostIp: '127.0.0.1', hostPort: peer.port}]
  const production = {secrets: null, site, prefix: null, allow: []}
  const docker = {...factsIn(healthy(), 'docker'), containers: [container(role, role, {ports, production})]}
  const query = {docker, prefixOf: () => '', ownAuthority: async () => authority.cert, deadlineSeconds: 1.5}
  const started = performance.now()
  const {value} = await readOutside(query, new AbortController().signal)
  // Its deadline, and a machine that does many of these at once.
  expect((performance.now() - started) / 1000).toBeLessThan(4)
  // What is in the machine's own buffers, for a handful of connections.
  expect(peer.sent() / 1e6).toBeLessThan(60)
  expect(peer.connections()).toBeLessThan(10)
  await until('every connection is closed', 5, () => peer.open() === 0)
  await peer.close()
  const [address] = value.addresses
  if (address === undefined) throw new Error('nothing was requested')
  return address
}

/** How a hub in production is judged whose proxy answers like this. */
function judged(address: OutsideAddress): (check: string) => string | undefined {
  const snapshot = production()
  snapshot.takenAt = new Date().toISOString()
  snapshot.sources.outside = fresh({addresses: [address], left: 0, gatewaysAllowed: []})
  const findings = judgeAll(checks, snapshot)
  return check => findings.find(one => one.check === `security.${check}`)?.status
}

/** Roles by what is asked there first: HTTP, TLS, Redis. */
describe.each([
  ['flower', 5555, http],
  ['proxy', 8443, http],
  ['redis', 6379, '$209715200\r\n"'],
] as const)('a published port of the service %s that', (role, containerPort, begins) => {
  it.concurrent.each<[HalfDeadWay, Partial<OutsideAddress>]>([
    ['silent', {speaks: 'nothing', error: 'timeout'}],
    // The head of an answer is an answer; of Redis, none has come.
    ['drips', role === 'redis' ? {speaks: 'other'} : {speaks: 'http'}],
    ['garbage', {speaks: 'other', error: null}],
    ['floods', role === 'redis' ? {speaks: 'other'} : {speaks: 'http'}],
    ['closes early', role === 'redis' ? {speaks: 'other'} : {speaks: 'http'}],
  ])('%s', async (way, told) => {
    const peer = await startHalfDead(way, begins)
    expect(await lookAtOne(peer, role, containerPort)).toMatchObject(told)
  })
})

/** A proxy that hangs behind its certificate is no proxy that is well. */
describe.each([
  ['flower', 5555, http],
  ['proxy', 8443, http],
  ['redis', 6379, '$209715200\r\n"'],
] as const)(
  'a published port of the service %s that shakes hands, and then is',
  (role, containerPort, begins) => {
    it.concurrent.each<[HalfDeadWay, Partial<OutsideAddress>]>([
      [
        'silent',
        role === 'redis' ? {speaks: 'nothing', error: 'timeout'} : {speaks: 'https', error: 'timeout'},
      ],
      ['drips', role === 'redis' ? {speaks: 'other'} : {speaks: 'https', error: null}],
      ['garbage', {speaks: 'other', error: null}],
      ['floods', role === 'redis' ? {speaks: 'other'} : {speaks: 'https', error: null}],
      ['closes early', role === 'redis' ? {speaks: 'other'} : {speaks: 'https', error: null}],
    ])('%s', async (way, told) => {
      const peer = await startHalfDead(way, begins, {identity})
      const address = await lookAtOne(peer, role, containerPort)
      expect(address).toMatchObject(told)
      const useless = way === 'silent' || way === 'garbage'
      if (role === 'proxy') {
        const of = judged(address)
        expect([of('reachable'), of('asks-first')]).toEqual(
          useless ? ['warning', 'skipped'] : ['pass', 'critical'],
        )
        expect(of('https')).toBe(useless ? 'skipped' : 'warning')
        expect(of('certificate')).toBe(told.speaks === 'https' ? 'pass' : 'skipped')
      }
    })
  },
)

describe('a Compose that', () => {
  const version = 'case "$*" in *version*) echo 2.26.1; exit;; esac'
  const flood = "head -c 104857600 /dev/zero | tr '\\0' x"
  it.concurrent.each<[what: string, script: string, check: string, message: RegExp]>([
    ['never ends', 'exec sleep 30', 'compose.available', /^compose did not answer within 3 s$/],
    [
      'never ends, and lets nobody end it',
      'trap "" TERM; sleep 30',
      'compose.available',
      /^compose did not answer within 3 s$/,
    ],
    ['prints 100 MB for a version', flood, 'compose.available', /^there is no Docker Compose: /],
    [
      'prints 100 MB for a file',
      `${version}; ${flood}`,
      'compose.available',
      /docker-compose printed more than 8 MB$/,
    ],
    [
      'prints garbage for a file',
      `${version}; head -c 4096 /dev/urandom`,
      'compose.file-valid',
      /^Compose's own output could not be understood/,
    ],
    [
      'breaks off',
      `${version}; printf '{"services": {"redis'`,
      'compose.file-valid',
      /^Compose's own output could not be understood/,
    ],
    ['fails without a word', `${version}; exit 1`, 'compose.file-valid', /^Compose gave no reason$/],
  ])('%s', async (what, script, check, message) => {
    const own = path.join(folder, what.replaceAll(' ', '-'))
    await mkdir(path.join(own, 'cli-plugins'), {recursive: true})
    for (const file of ['docker', 'docker-compose', 'cli-plugins/docker-compose'])
      await writeFile(path.join(own, file), `#!/bin/sh\n${script}\n`, {mode: 0o755})
    const words = [...compose, '--only', 'compose,docker.reachable', ...patience(what)]
    const {alarms} = await diagnose(words, {PATH: `${own}:${process.env.PATH}`, DOCKER_CONFIG: own})
    expect(alarms).toEqual([[check, expect.any(String), expect.stringMatching(message)]])
  })
})
