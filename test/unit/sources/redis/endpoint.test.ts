import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {parseRedisUrl, describe as shown} from '../../../../src/sources/redis/endpoint.ts'
import {factsFromInfo, noConfig, parseInfo} from '../../../../src/sources/redis/info.ts'
import {brokerOf, type RedisStack, signInOf} from '../../../../src/sources/redis/stack.ts'

describe('a broker URL', () => {
  const plain = {username: null, password: null, tls: null}
  it.each([
    ['redis://', {...plain, place: {host: 'localhost', port: 6379}, database: 0}],
    ['redis://h', {...plain, place: {host: 'h', port: 6379}, database: 0}],
    ['redis://h:1/2', {...plain, place: {host: 'h', port: 1}, database: 2}],
    ['redis://[::1]:1/2', {...plain, place: {host: '::1', port: 1}, database: 2}],
    ['redis://:p@h', {...plain, place: {host: 'h', port: 6379}, database: 0, password: 'p'}],
    [
      'redis://u:p%40s@h',
      {...plain, place: {host: 'h', port: 6379}, database: 0, username: 'u', password: 'p@s'},
    ],
    ['redis://h/0?db=5', {...plain, place: {host: 'h', port: 6379}, database: 5}],
    ['redis://[fe80::1]/3', {...plain, place: {host: 'fe80::1', port: 6379}, database: 3}],
    ['unix:///run/r.sock?db=2', {...plain, place: {path: '/run/r.sock'}, database: 2}],
    [
      'redis+socket://:p%40w@/run/r.sock?virtual_host=1',
      {...plain, place: {path: '/run/r.sock'}, database: 1, password: 'p@w'},
    ],
    ['redis+socket:///run/r.sock?virtual_host=3', {...plain, place: {path: '/run/r.sock'}, database: 3}],
  ])('%s', (url, expected) => expect(parseRedisUrl(url)).toEqual(expected))

  it.each([
    ['rediss://h', true],
    ['rediss://h?ssl_cert_reqs=required', true],
    ['rediss://h?ssl_cert_reqs=CERT_NONE', false],
    ['rediss://h?ssl_cert_reqs=none', false],
    ['rediss://h?ssl_cert_reqs=CERT_REQUIRED', true],
    ['rediss://h?ssl_cert_reqs=ssl.CERT_NONE', false],
    // To a client, that is required (Python's ssl).
    ['rediss://h?ssl_cert_reqs=optional', true],
    // kombu turns TLS on for any of its options.
    ['redis://h?ssl_ca_certs=/ca.pem', true],
    ['redis://h', undefined],
  ])('%s verifies: %s', (url, verify) => expect(parseRedisUrl(url).tls?.verify).toBe(verify))

  it('names files for TLS', () => {
    const url = 'rediss://h?ssl_ca_certs=%2Fca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem'
    expect(parseRedisUrl(url).tls).toEqual({
      verify: true,
      caPath: '/ca.pem',
      certPath: '/c.pem',
      keyPath: '/k.pem',
      checkName: true,
    })
  })

  it('gives back any password that is percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', minLength: 1}), password => {
        expect(parseRedisUrl(`redis://:${encodeURIComponent(password)}@h:1/2`)).toMatchObject({
          password,
          place: {host: 'h', port: 1},
          database: 2,
        })
      }),
    )
  })

  it('never shows a password, whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, behind) => {
        try {
          const endpoint = parseRedisUrl(`redis://${before}u:CANARY@${behind}`)
          expect(shown(endpoint)).not.toContain('u:CANARY')
        } catch (error) {
          expect((error as {code: string}).code).toBe('unsupported')
          expect(String(error)).not.toContain('CANARY')
        }
      }),
    )
  })

  it('with a stray # or / in its password is read as redis-py reads it', () => {
    expect(parseRedisUrl('redis://:a#b/c@h:6380/1')).toMatchObject({
      password: 'a#b/c',
      place: {host: 'h', port: 6380},
    })
  })
})

it('a field that INFO does not tell is null, never 0', () => {
  const facts = factsFromInfo(
    parseInfo('# Server\r\nredis_version:7.2\r\nused_memory:x\r\nmaxmemory:0\r\n'),
    noConfig,
  )
  expect(facts).toMatchObject({
    version: '7.2',
    uptimeSeconds: null,
    role: null,
    memory: {usedBytes: null, maxBytes: null, policy: null, evictedKeys: null},
    persistence: {aof: null, rdbLastSaveOk: null, lastSaveAt: null},
    clients: {connected: null, max: null, rejected: null},
  })
})

it.each([
  ['master_link_status:up', {masterLink: 'up'}],
  ['master_link_status:down\r\nmaster_sync_in_progress:1', {masterLink: 'syncing'}],
  ['master_link_status:down\r\nmaster_sync_in_progress:0', {masterLink: 'down'}],
  ['min_slaves_good_slaves:1', {replicas: {good: 1, needed: 2}}],
  ['role:master', {role: 'master'}],
])('INFO says how far replication is: %j', (text, expected) => {
  expect(factsFromInfo(parseInfo(text), {...noConfig, minReplicas: '2'})).toMatchObject(expected)
})

describe('how the stack signs in', () => {
  const container = {
    ...{name: 'r', running: true, port: 6379, published: null, addresses: [], exec: null},
    command: ['redis-server', '--requirepass', 'own'],
    environment: {},
  }
  const signIn = (stack: RedisStack) => {
    const broker = brokerOf(stack)
    if (broker !== null && 'sentinels' in broker) throw new Error('a Sentinel')
    return signInOf(broker, stack)
  }
  it('is what the worker uses', () => {
    const workerEnvironment = {CELERY_BROKER_URL: 'redis://u:theirs@redis/3', REDIS_URL: 'redis://x/9'}
    expect(signIn({container, workerEnvironment})).toMatchObject({
      username: 'u',
      password: 'theirs',
      database: 3,
    })
  })
  it('is Redis’s own password where the worker names none', () => {
    expect(signIn({container, workerEnvironment: {}})).toMatchObject({password: 'own', database: 0})
    const workerEnvironment = {REDIS_URL: 'redis://redis/2'}
    expect(signIn({container, workerEnvironment})).toMatchObject({password: 'own', database: 2})
  })
})
