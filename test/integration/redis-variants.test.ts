import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import type {CeleryFacts} from '../../src/snapshot/celery.ts'
import {SourceError} from '../../src/snapshot/source-error.ts'
import {readCelery} from '../../src/sources/celery/read.ts'
import {readResults} from '../../src/sources/celery/tasks/results.ts'
import {readTaskStory} from '../../src/sources/celery/tasks/task-story.ts'
import {type ConnectedReach, type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {readRedis} from '../../src/sources/redis/read.ts'
import type {RedisStack} from '../../src/sources/redis/stack.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'
import {freePort, type RedisService, type RedisServiceOptions, startRedis} from '../services/redis.ts'
import {startSentinel, watching} from '../services/sentinel.ts'

const never = new AbortController().signal
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function stopped<T extends {stop: () => Promise<void>}>(starting: Promise<T>): Promise<T> {
  const service = await starting
  stops.push(service.stop)
  return service
}
const redis = (options?: RedisServiceOptions) => stopped(startRedis(options))
const sentinel = (lines?: readonly string[]) => stopped(startSentinel(lines))

async function reach(url: string): Promise<RedisReach> {
  const reached = await reachRedis({url, stack: Promise.resolve(null), deadlineSeconds: 2}, never)
  stops.push(reached.close)
  return reached
}

/** What is told of Celery over this address, once its node has answered. */
async function nodesAt(url: string, passive = false): Promise<CeleryFacts> {
  const {value} = await readCelery(await reach(url), {passive}, never)
  return value
}

async function celery(...words: Parameters<typeof createCeleryApp>): Promise<CeleryApp> {
  return await stopped(createCeleryApp(...words))
}

const solo = ['-P', 'solo', '-n', 'one@here'] as const

describe('Sentinel', () => {
  it('leads to the master, and to the new one after a failover', async () => {
    const password = 'canary-5'
    const own = {
      args: ['--requirepass', password, '--masterauth', password],
      cliArgs: ['-a', password, '--no-auth-warning'],
    }
    const first = await redis(own)
    const second = await redis({...own, args: [...own.args, '--replicaof', '127.0.0.1', String(first.port)]})
    const lines = watching('hub', first.port, {quorum: 2, password})
    const [one, two] = [await sentinel(lines), await sentinel(lines)]
    const url = `sentinel://:${password}@127.0.0.1:${one.port}/2;sentinel://:${password}@127.0.0.1:${two.port}/2`

    const ledBy = async (sentinelPort: number, port: number) => {
      const address = `127.0.0.1:${port}/2 (master "hub" by Sentinel 127.0.0.1:${sentinelPort})`
      let reached: RedisReach | null = null
      await expect
        .poll(
          async () => {
            reached = await reach(url).catch(() => null)
            return reached?.address
          },
          {timeout: 15_000},
        )
        .toBe(address)
      return reached as unknown as RedisReach
    }
    const before = await ledBy(one.port, first.port)
    const {value} = await readRedis(before, never)
    expect(value).toMatchObject({
      address: `127.0.0.1:${first.port}/2`,
      through: `master "hub" by Sentinel 127.0.0.1:${one.port}`,
      role: 'master',
      database: 2,
    })

    const app = await celery(url, undefined, 'json', {
      conf: {broker_transport_options: {master_name: 'hub'}},
      // kombu before 5.3 does not fill in the database.
      listensAt: {
        redisCli: ['-p', String(first.port), '-a', password, '--no-auth-warning'],
        channel: '/{db}.celery.pidbox',
      },
    })
    await app.worker(...solo)
    const facts = await nodesAt(url)
    expect(facts.nodes.map(({name}) => name)).toEqual(['one@here'])
    expect(facts.names.channelPrefix).toBe('/{db}.')

    const replicas = () => one.cli('SENTINEL', 'REPLICAS', 'hub')
    const sentinels = () => one.cli('SENTINEL', 'SENTINELS', 'hub')
    await expect.poll(replicas, {timeout: 12_000}).toContain(String(second.port))
    await expect.poll(sentinels, {timeout: 12_000}).toContain(String(two.port))
    first.process.kill('SIGKILL')
    // Told to: two Sentinels on a busy machine may each vote for themselves, again and again.
    await expect.poll(() => one.cli('SENTINEL', 'FAILOVER', 'hub'), {timeout: 12_000}).toMatch(/OK|INPROG/)
    await ledBy(one.port, second.port)
    one.process.kill('SIGKILL')
    await ledBy(two.port, second.port)
  })

  it('says which Sentinels do not answer, and why', async () => {
    const [one, two] = [await freePort(), await freePort()]
    await expect(reach(`sentinel://127.0.0.1:${one};sentinel://127.0.0.1:${two}/2`)).rejects.toMatchObject({
      code: 'no-sentinel',
      message: `none of 2 Sentinels answers: nothing listens at 127.0.0.1:${one}; nothing listens at 127.0.0.1:${two}`,
    })
  })

  it.each([
    [
      'a password that is not known',
      ['requirepass other'],
      '',
      'no-auth',
      /^Sentinel 127.0.0.1:\d+ asks for a password/,
    ],
    [
      'a wrong one',
      ['requirepass other'],
      '&sentinel_password=wrong',
      'wrong-password',
      /^Sentinel 127.0.0.1:\d+ refuses the password/,
    ],
  ])('says that the Sentinels ask for %s', async (_what, lines, query, code, words) => {
    const {port} = await sentinel([...lines, ...watching('hub', await freePort())])
    await expect(reach(`sentinel://127.0.0.1:${port}?master_name=hub${query}`)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    })
  })

  it('takes the password of the Sentinels, and of several masters the one that is named', async () => {
    const [one, two] = [await redis(), await redis()]
    const {port} = await sentinel(['requirepass own', ...watching('a', one.port), ...watching('b', two.port)])
    const url = `sentinel://127.0.0.1:${port}/0?sentinel_password=own`
    expect((await reach(`${url}&master_name=b`)).address).toContain(`127.0.0.1:${two.port}/0 (master "b"`)
    await expect(reach(url)).rejects.toMatchObject({
      code: 'unknown-master',
      message: expect.stringMatching(/several masters: say which with \?master_name= \("[ab]", "[ab]"\)/),
    })
    await expect(reach(`${url}&master_name=c`)).rejects.toMatchObject({
      code: 'unknown-master',
      message: expect.stringMatching(/knows no master "c", only "[ab]", "[ab]"$/),
    })
  })

  it('says that the master is down, and of a Redis that it is none', async () => {
    const {port} = await sentinel(watching('hub', await freePort(), {downAfter: 300}))
    const url = `sentinel://127.0.0.1:${port}`
    await expect
      .poll(() => reach(url).catch(error => error), {timeout: 5000})
      .toMatchObject({code: 'master-down', message: expect.stringContaining('is down')})
    const plain = await redis()
    await expect(reach(`sentinel://127.0.0.1:${plain.port}`)).rejects.toMatchObject({
      code: 'no-sentinel',
      message: expect.stringContaining(`is a Redis, not a Sentinel: use redis://127.0.0.1:${plain.port}`),
    })
    await expect(reach(`redis://127.0.0.1:${port}/1`)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`use sentinel://127.0.0.1:${port}`),
    })
    await expect(reach(`redis://127.0.0.1:${port}`)).rejects.toMatchObject({
      message: expect.stringContaining(`use sentinel://127.0.0.1:${port}`),
    })
  })

  it('a master that cannot be reached from here, as a Sentinel in a container names it', async () => {
    // Nobody has an address of this range: documentation is written with it.
    const {port} = await sentinel(['sentinel monitor hub 192.0.2.7 6379 1'])
    await expect(reach(`sentinel://127.0.0.1:${port}/3`)).rejects.toMatchObject({
      code: 'master-unreachable',
      message: expect.stringMatching(
        /^192\.0\.2\.7:6379\/3 .*: it is the master "hub" by Sentinel 127\.0\.0\.1/,
      ),
    })
  })

  it('one that hangs takes its share of the time, and the next is asked', async () => {
    const master = await redis()
    const lines = watching('hub', master.port)
    const [one, two] = [await sentinel(lines), await sentinel(lines)]
    one.process.kill('SIGSTOP')
    const start = performance.now()
    expect(
      (await reach(`sentinel://127.0.0.1:${one.port};sentinel://127.0.0.1:${two.port}`)).address,
    ).toContain(`by Sentinel 127.0.0.1:${two.port}`)
    expect(performance.now() - start).toBeLessThan(1900)
  })

  it('of a compose project: names and addresses inside lead to what is published', async () => {
    const master = await redis({
      args: ['--requirepass', 'canary-7'],
      cliArgs: ['-a', 'canary-7', '--no-auth-warning'],
    })
    const {port} = await sentinel(['sentinel monitor hub 10.99.99.9 6379 1'])
    const host = '0.0.0.0'
    const stack: RedisStack = {
      container: null,
      workerEnvironment: {
        CELERY_BROKER_URL: 'sentinel://:canary-7@watch:26379/1;sentinel://:canary-7@gone:26379/1',
      },
      neighbours: [
        {names: ['watch'], addresses: [], published: [{port: 26379, host, hostPort: port}], local: true},
        {
          names: ['redis'],
          addresses: ['10.99.99.9'],
          published: [{port: 6379, host, hostPort: master.port}],
          local: true,
        },
      ],
    }
    const secrets: string[] = []
    const reached = await reachRedis(
      {url: null, stack: Promise.resolve(stack), onSecret: secret => secrets.push(secret)},
      never,
    )
    stops.push(reached.close)
    expect(reached).toMatchObject({
      address: `127.0.0.1:${master.port}/1 (master "hub" by Sentinel watch:26379)`,
      database: 1,
    })
    expect(secrets).toContain('canary-7')
    await expect(
      reachRedis({url: null, stack: Promise.resolve({...stack, neighbours: []}), deadlineSeconds: 1}, never),
    ).rejects.toMatchObject({code: 'no-sentinel', message: expect.stringContaining('watch:26379')})
  })

  it('a master that has become a replica is not taken for one', async () => {
    const master = await redis()
    const {port} = await sentinel(watching('hub', master.port))
    await master.cli('REPLICAOF', '127.0.0.1', String(await freePort()))
    await expect(reach(`sentinel://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'master-down',
      message: expect.stringContaining('says that it is a replica'),
    })
  })
})

describe('a node of a Redis Cluster', () => {
  const cluster = () => redis({args: ['--cluster-enabled', 'yes']})
  it.each(['0', '1'])('is told in one word, database %s', async database => {
    const {port} = await cluster()
    await expect(reach(`redis://127.0.0.1:${port}/${database}`)).rejects.toMatchObject({
      code: 'cluster',
      message: expect.stringContaining('is a node of a Redis Cluster, which Celery cannot use as its broker'),
    })
  })

  it('is told by what it answers, where a user may not ask INFO', async () => {
    const server = await cluster()
    await server.cli('ACL', 'SETUSER', 'little', 'on', '>secret', '+@all', '-info', '~*', '&*')
    const reached = await reach(`redis://little:secret@127.0.0.1:${server.port}`)
    await expect(readCelery(reached, {passive: true}, never)).rejects.toMatchObject({
      code: 'cluster',
      because: 'redis',
    })
  })
})

describe('as kombu writes its URL, with a real node', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-mon-variants-'))
  })
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  /** An authority of our own in `ca.pem`, and what it has signed for a server and a client. */
  function certificates() {
    const openssl = (...words: string[]) => execFileSync('openssl', words, {cwd: folder, stdio: 'ignore'})
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    openssl('req', '-x509', ...key, '-subj', '/CN=own authority', '-keyout', 'ca.key', '-out', 'ca.pem')
    for (const name of ['server', 'client']) {
      writeFileSync(join(folder, `${name}.ext`), 'subjectAltName=DNS:localhost')
      openssl(
        'req',
        ...key.slice(0, -2),
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
      )
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        ...signing,
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`,
      )
    }
    return (name: string) => join(folder, name)
  }

  it('TLS with its own authority, a client certificate, a password, another database and a prefix', async () => {
    const file = certificates()
    const client = [
      '--tls',
      '--cacert',
      file('ca.pem'),
      '--cert',
      file('client.pem'),
      '--key',
      file('client.key'),
    ]
    const cliArgs = [...client, '-a', 'canary/6', '--no-auth-warning']
    const server = await redis({
      tls: true,
      args: [
        ...['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
        ...['--tls-ca-cert-file', file('ca.pem'), '--tls-auth-clients', 'yes', '--requirepass', 'canary/6'],
      ],
      cliArgs,
    })
    const address = `localhost:${server.port}/3`
    const trust = `ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=${encodeURIComponent(file('ca.pem'))}`
    const own = `ssl_certfile=${encodeURIComponent(file('client.pem'))}&ssl_keyfile=${encodeURIComponent(file('client.key'))}`
    const url = `rediss://:canary%2F6@${address}?${trust}&${own}`
    const app = await celery(url, undefined, 'json', {
      conf: {broker_transport_options: {global_keyprefix: 'shop:'}},
      listensAt: {redisCli: ['-p', String(server.port), ...cliArgs], channel: 'shop:/3.celery.pidbox'},
    })
    await app.worker(...solo)
    const facts = await nodesAt(url)
    expect(facts).toMatchObject({
      database: 3,
      names: {keyPrefix: 'shop:', channelPrefix: '/3.'},
      nodes: [{name: 'one@here', queues: ['celery']}],
    })
    await expect(reach(`rediss://:canary%2F6@${address}?${trust}`)).rejects.toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('ssl_certfile'),
    })
    await expect(reach(`rediss://:canary%2F6@${address}?${own}`)).rejects.toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('ssl_ca_certs'),
    })
    // The certificate is for localhost alone.
    const elsewhere = `rediss://:canary%2F6@127.0.0.1:${server.port}/3?${trust}&${own}`
    await expect(reach(elsewhere)).rejects.toMatchObject({
      message: expect.stringContaining('ssl_check_hostname'),
    })
    expect((await reach(`${elsewhere}&ssl_check_hostname=false`)).kind).toBe('connected')
  })

  it('a socket', async () => {
    const socket = join(folder, 'redis.sock')
    const server = await redis({args: ['--unixsocket', socket]})
    const url = `redis+socket://${socket}?virtual_host=1`
    const app = await celery(url, undefined, 'json', {
      listensAt: {redisCli: ['-p', String(server.port)], channel: '/1.celery.pidbox'},
    })
    await app.worker(...solo)
    expect((await nodesAt(url)).nodes).toMatchObject([{name: 'one@here'}])
    expect((await reach(url)).address).toBe(`${socket}/1`)
  })
})

it('commands say what the broker is, with the exit code of what is not to be had', async () => {
  const server = await redis({args: ['--cluster-enabled', 'yes']})
  const told = async (url: string, ...words: string[]) => {
    const {code, stdout, stderr} = await hubMon([...words, '--redis-url', url])
    return {code, words: stdout + stderr}
  }
  for (const command of ['workers', 'queues', 'tasks'])
    expect(await told(`redis://127.0.0.1:${server.port}/0`, command), command).toEqual({
      code: 69,
      words: expect.stringMatching(/is a node of a Redis Cluster/),
    })
  expect(await told('pyamqp://guest:canary@rabbit//', 'queues')).toEqual({
    code: 69,
    words: expect.stringMatching(
      /^(?!.*canary).*the broker is RabbitMQ \(pyamqp:\/\/\): hub-mon reads Celery over Redis only/s,
    ),
  })
  expect(await told('amqp://guest:canary@rabbit//', 'doctor')).toEqual({
    code: 2,
    words: expect.stringMatching(/redis\.reachable: the broker is RabbitMQ/),
  })
})

describe('a user with few rights', () => {
  const page = readFileSync(new URL('../../docs/redis-access.md', import.meta.url), 'utf8')
  const lines = new Map(
    [...page.matchAll(/^ACL SETUSER (\S+) on >PASSWORD (.*)$/gm)].map(([, name = '', rights = '']) => [
      name,
      rights.split(' '),
    ]),
  )
  let server: RedisService
  let app: CeleryApp
  let ids: string[]
  beforeAll(async () => {
    server = await startRedis()
    app = await createCeleryApp(server.url, server.url)
    await app.worker('-c', '1', '-n', 'one@here')
    const sent = await app.python(`
from tasks import *
done = add.delay(1, 2)
done.get(timeout=10)
running = sleepy.delay(600)
sleepy.delay(600)
add.apply_async((1, 2), countdown=500)
for i in range(20): add.apply_async((i, 1), queue='nobody', priority=i % 4)
print(done.id, running.id)`)
    ids = sent.trim().split(' ')
  })
  afterAll(async () => {
    await app?.stop()
    await server?.stop()
  })

  /** Makes the user anew, with these rights and no others. */
  async function user(rights: readonly string[]): Promise<string> {
    await server.cli('ACL', 'DELUSER', 'canary')
    expect(await server.cli('ACL', 'SETUSER', 'canary', 'on', '>canary-9', ...rights)).toBe('OK')
    await server.cli('ACL', 'LOG', 'RESET')
    return `redis://canary:canary-9@127.0.0.1:${server.port}/0`
  }

  /** What Redis refused since the user was made. */
  async function refusals(): Promise<string[]> {
    const log = JSON.parse(await server.cli('--json', 'ACL', 'LOG', '128')) as {
      reason: string
      object: string
    }[]
    return log.map(({reason, object}) => `${reason} ${object}`)
  }

  /** Everything that a look may ask; the words of what could not be read. */
  async function look(url: string, passive: boolean) {
    const reached = await reachRedis({url, stack: Promise.resolve(null)}, never)
    const said: string[] = []
    const noted = async <T>(answer: Promise<{value: T; error?: {message: string} | undefined}>) => {
      try {
        const {value, error} = await answer
        if (error !== undefined) said.push(error.message)
        return value
      } catch (error) {
        if (!(error instanceof SourceError)) throw error
        said.push(error.message)
        return null
      }
    }
    const flower = Promise.reject(new SourceError('not-given', 'no Flower'))
    flower.catch(() => {})
    try {
      await noted(readRedis(reached, never))
      const question = {
        passive,
        versions: true,
        clocks: true,
        scheduled: true,
        messages: true,
        secondLook: 0.1,
      }
      const facts = await noted(readCelery(reached, question, never))
      await noted(readResults(reached, facts, never))
      const refused = reached.kind === 'exec' ? new Set<string>() : new Set(reached.connection.refused)
      for (const id of facts === null || reached.kind === 'exec' ? [] : ids) {
        const asked = {id, passive, showArgs: false, lookedAt: new Date().toISOString()}
        await readTaskStory(reached as ConnectedReach, facts as CeleryFacts, flower, asked, never).catch(
          error => {
            if (!(error instanceof SourceError)) throw error
          },
        )
      }
      return {facts, said, refused}
    } finally {
      await reached.close()
    }
  }

  it('sees all but the nodes by the first line', async () => {
    const {facts, said} = await look(await user(lines.get('hub-mon-passive') ?? []), true)
    expect(await refusals()).toEqual([])
    expect(said).toEqual([])
    expect(facts?.queues.find(({name}) => name === 'nobody')).toMatchObject({
      ready: 20,
      sample: {messages: 20},
    })
  })

  it('is told that nodes may not be asked by the first line, and asks them by the second', async () => {
    const refused = await look(await user(lines.get('hub-mon-passive') ?? []), false)
    expect(refused.said).toEqual([expect.stringContaining('Redis refuses what asking the nodes takes')])
    expect(refused.facts?.queues.length).toBeGreaterThan(1)
    const {facts, said} = await look(await user(lines.get('hub-mon-ask') ?? []), false)
    expect(await refusals()).toEqual([])
    expect(said).toEqual([])
    expect(facts?.nodes).toMatchObject([{name: 'one@here', scheduled: 1, clockOffsetSeconds: 0}])
  })

  it('may change no queue by the second line', async () => {
    await user(lines.get('hub-mon-ask') ?? [])
    const as = ['--user', 'canary', '--pass', 'canary-9', '--no-auth-warning']
    for (const words of [
      ['DEL', 'nobody'],
      ['RPOP', 'nobody'],
      ['SADD', 'nobody', 'x'],
      ['PUBLISH', '/0.celeryev/x', 'x'],
    ])
      expect(await server.cli(...as, ...words), words.join(' ')).toMatch(/^(NOPERM|.*No permissions)/)
  })

  it('purges and restores by the third line', async () => {
    const url = await user(lines.get('hub-mon-act') ?? [])
    const home = mkdtempSync(join(tmpdir(), 'hub-mon-acl-'))
    const mon = (...words: string[]) =>
      hubMon([...words, '--redis-url', url, '--yes'], {
        cwd: home,
        env: quietEnvironment({XDG_STATE_HOME: home}),
      })
    try {
      const file = join(home, 'kept.jsonl')
      const purged = await mon('queues', 'purge', 'nobody', '--keep', file)
      expect(purged.stderr).not.toMatch(/NOPERM/)
      expect(purged.code).toBe(0)
      expect(await server.cli('EXISTS', 'nobody')).toBe('0')
      expect((await mon('queues', 'restore', file)).code).toBe(0)
      expect((await look(url, true)).facts?.queues.find(({name}) => name === 'nobody')?.ready).toBe(20)
      expect(await refusals()).toEqual([])
    } finally {
      rmSync(home, {recursive: true})
    }
  })

  it('goes on without any one of the rights, and says it once', async () => {
    const all = lines.get('hub-mon-ask') ?? []
    const needless: string[] = []
    for (const right of all.filter(word => /^\+/.test(word) && !['+ping', '+select'].includes(word))) {
      const {said, refused} = await look(await user(all.filter(word => word !== right)), false)
      const command = right.slice(1).replace('|', ' ').toUpperCase()
      for (const words of said) {
        const mentions =
          words.toUpperCase().split(new RegExp(`\\b${command.replace(' ', '[ |]')}\\b`)).length - 1
        expect(mentions, `${right}: ${words}`).toBeLessThanOrEqual(1)
      }
      if ((await refusals()).length === 0) needless.push(right)
      if (refused.has(command))
        expect(said.join(), right).toMatch(new RegExp(command.replace(' ', '[ |]'), 'i'))
    }
    // What the checks of production ask of their own user.
    const own = ['+acl|whoami', '+acl|dryrun']
    // What a recorder has written.
    const history = ['+hgetall', '+pttl']
    // For what is met seldom: nodes that tell no priorities, a large result, a task that is held, replies that nobody took.
    expect(
      needless.filter(
        right => !['+exists', '+getrange', '+zscore', '+object|idletime', ...own, ...history].includes(right),
      ),
    ).toEqual([])
  })
})
