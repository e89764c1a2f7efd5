import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {connect} from '../../src/sources/redis/connection.ts'
import {parseRedisUrl} from '../../src/sources/redis/endpoint.ts'
import {type RedisAccess, type RedisReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {readRedis} from '../../src/sources/redis/read.ts'
import type {RedisStack} from '../../src/sources/redis/stack.ts'
import {freePort, type RedisService, type RedisServiceOptions, startRedis} from '../services/redis.ts'

const never = new AbortController().signal
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function redis(options: RedisServiceOptions = {}): Promise<RedisService> {
  const server = await startRedis(options)
  stops.push(server.stop)
  return server
}

async function reach(url: string | null, more: Partial<RedisAccess> = {}): Promise<RedisReach> {
  const reached = await reachRedis({url, stack: Promise.resolve(null), ...more}, never)
  stops.push(reached.close)
  return reached
}

const read = async (url: string) => await readRedis(await reach(url), never)

/** Something that listens and is no Redis. */
async function peer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`
}

describe('a Redis that answers', () => {
  it('tells its facts', async () => {
    const server = await redis({args: ['--maxmemory', '64mb', '--maxclients', '321', '--appendonly', 'yes']})
    const {value, error} = await read(server.url.replace(/0$/, '3'))
    expect(error).toBeUndefined()
    expect(value).toMatchObject({
      route: 'url',
      address: `127.0.0.1:${server.port}/3`,
      database: 3,
      role: 'master',
      masterHost: null,
      loading: {active: false},
      memory: {maxBytes: 64 * 1024 * 1024, policy: 'noeviction', evictedKeys: 0},
      persistence: {
        aof: true,
        aofLastWriteOk: true,
        rdbLastSaveOk: true,
        rdbSaves: false,
        stopWritesOnSaveError: true,
      },
      clients: {max: 321, rejected: 0},
      asksPassword: false,
    })
    expect(value.version).toMatch(/^\d+\.\d+/)
    expect(value.pingSeconds).toBeLessThan(1)
    expect(Math.abs(value.clockOffsetSeconds ?? 99)).toBeLessThan(1)
  })

  it('with a password lets us in with it, and says that it asks', async () => {
    const server = await redis({args: ['--requirepass', 'p@ss/w:ord']})
    const {value} = await read(`redis://:p%40ss%2Fw%3Aord@127.0.0.1:${server.port}/0`)
    expect(value.asksPassword).toBe(true)
    expect(value.address).toBe(`127.0.0.1:${server.port}/0`)
  })

  it('is readable while it refuses writes', async () => {
    const server = await redis({args: ['--maxmemory', '1mb']})
    expect((await read(server.url)).value.memory.maxBytes).toBe(1024 * 1024)
    const replica = await redis({args: ['--replicaof', '127.0.0.1', String(server.port)]})
    expect((await read(replica.url)).value).toMatchObject({role: 'replica', masterHost: '127.0.0.1'})
  })

  it('is readable when its background save has failed and PING says MISCONF', async () => {
    const server = await redis()
    await server.cli('CONFIG', 'SET', 'save', '1 1')
    // A directory stands where the file would be renamed to.
    mkdirSync(join(server.directory, 'dump.rdb'))
    await server.cli('SET', 'a', '1')
    await server.cli('BGSAVE')
    await expect.poll(() => server.cli('PING'), {timeout: 5000}).toContain('MISCONF')
    const reached = await reach(server.url)
    expect(reached.kind === 'connected' && reached.connection.refusal).toContain('MISCONF')
    const {value} = await readRedis(reached, never)
    expect(value.persistence).toMatchObject({
      rdbLastSaveOk: false,
      rdbSaves: true,
      stopWritesOnSaveError: true,
    })
  })

  it('that tells nothing but PING gives partial facts', async () => {
    const server = await redis()
    await server.cli('ACL', 'SETUSER', 'little', 'on', '>secret', '-@all', '+ping', '+select')
    const {value, error} = await read(`redis://little:secret@127.0.0.1:${server.port}/1`)
    expect(error).toMatchObject({code: 'no-permission'})
    expect(value).toMatchObject({version: null, role: null, persistence: {rdbSaves: null}})
  })
})

describe('why a Redis cannot be reached', () => {
  it('nothing listens', async () => {
    await expect(reach(`redis://127.0.0.1:${await freePort()}`)).rejects.toMatchObject({code: 'refused'})
  })

  it('nobody knows the name', async () => {
    await expect(reach('redis://redis.invalid/0')).rejects.toMatchObject({code: 'name-not-found'})
  })

  it('it asks for a password, and which one is wrong', async () => {
    const server = await redis({args: ['--requirepass', 'right']})
    await expect(reach(server.url)).rejects.toMatchObject({code: 'no-auth'})
    const wrong = reach(`redis://:wr0ngpass@127.0.0.1:${server.port}/0`)
    await expect(wrong).rejects.toMatchObject({code: 'wrong-password'})
    await expect(wrong).rejects.not.toMatchObject({message: expect.stringContaining('wr0ngpass')})
  })

  it('a password for one that has none', async () => {
    const server = await redis()
    await expect(reach(`redis://:x@127.0.0.1:${server.port}/0`)).rejects.toMatchObject({
      code: 'wrong-password',
    })
  })

  it('a user without rights', async () => {
    const server = await redis()
    await server.cli('ACL', 'SETUSER', 'nobody', 'on', '>secret', '-@all')
    await expect(reach(`redis://nobody:secret@127.0.0.1:${server.port}/0`)).rejects.toMatchObject({
      code: 'no-permission',
    })
  })

  it('no connection left', async () => {
    const server = await redis({args: ['--maxclients', '1']})
    const first = await reach(server.url)
    expect(first.kind).toBe('connected')
    await expect(reach(server.url)).rejects.toMatchObject({code: 'max-clients'})
  })

  it('a database that does not exist', async () => {
    const server = await redis()
    await expect(reach(server.url.replace(/0$/, '99'))).rejects.toMatchObject({code: 'no-database'})
  })

  it('frozen: it is connected to and never answers', async () => {
    const server = await redis()
    server.process.kill('SIGSTOP')
    const start = performance.now()
    await expect(reach(server.url, {deadlineSeconds: 0.3})).rejects.toMatchObject({code: 'timeout'})
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('frozen once it has answered: what is asked then is given up, not waited for', async () => {
    const server = await redis()
    const {client, close} = await connect(parseRedisUrl(server.url), never, {silenceSeconds: 0.3})
    try {
      expect(await client.llen('celery')).toBe(0)
      server.process.kill('SIGSTOP')
      await expect(client.llen('celery')).rejects.toThrow()
    } finally {
      server.process.kill('SIGCONT')
      close()
    }
  })

  it.each<[string, (socket: Socket) => void, string]>([
    ['stays silent', () => {}, 'timeout'],
    [
      'drips a byte at a time',
      socket => {
        const timer = setInterval(() => socket.write('+'), 100)
        socket.on('close', () => clearInterval(timer))
      },
      'timeout',
    ],
    ['hangs up', socket => socket.destroy(), 'refused'],
    [
      'speaks HTTP',
      socket => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'not-redis',
    ],
    ['sends garbage', socket => socket.on('data', () => socket.write(Buffer.alloc(4096, 0x80))), 'not-redis'],
    [
      'answers PING with another word',
      socket => socket.on('data', () => socket.write('+HELLO\r\n')),
      'not-redis',
    ],
  ])('a peer that %s', async (_what, behave, code) => {
    await expect(reach(await peer(behave), {deadlineSeconds: 0.5})).rejects.toMatchObject({code})
  })

  it('a peer that sends without end is cut off', async () => {
    let sent = 0
    const url = await peer(socket => {
      const chunk = Buffer.alloc(1024 * 1024, 0x61)
      socket.write('$104857600\r\n')
      const more = () => {
        while (!socket.destroyed && sent < 100 * chunk.length && socket.write(chunk)) sent += chunk.length
      }
      socket.on('drain', more)
      more()
    })
    await expect(reach(url)).rejects.toMatchObject({code: 'not-redis'})
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it('a bound of its own lets a connection take more, and stops it there', async () => {
    const server = await redis()
    const reached = await reach(server.url)
    if (reached.kind !== 'connected') throw new Error('not connected')
    await server.cli('SETRANGE', 'large', String(40 * 1024 * 1024), 'x')
    const usual = await reached.open(never)
    await expect(usual.client.get('large')).rejects.toThrow()
    const roomy = await reached.open(never, {mostBytes: 64 * 1024 * 1024})
    expect((await roomy.client.getBuffer('large'))?.length).toBe(40 * 1024 * 1024 + 1)
  })

  it.each(['amqp://guest@rabbit//', 'sqs://', 'valkey://h/0', 'nonsense'])('%s', async url => {
    await expect(reach(url)).rejects.toMatchObject({code: 'unsupported'})
  })

  it('nothing is known', async () => {
    await expect(reach(null)).rejects.toMatchObject({code: 'no-address'})
  })
})

describe('TLS', () => {
  let directory: string
  let options: RedisServiceOptions
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hub-mon-tls-'))
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
        ...['-keyout', key, '-out', cert],
      ],
      {stdio: 'ignore'},
    )
    options = {
      tls: true,
      args: [
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-ca-cert-file',
        cert,
        '--tls-auth-clients',
        'no',
      ],
      cliArgs: ['--tls', '--insecure'],
    }
  })
  afterAll(() => rmSync(directory, {recursive: true, force: true}))

  it('reads with the authority that the URL names, as kombu writes it', async () => {
    const server = await redis(options)
    const ca = encodeURIComponent(join(directory, 'cert.pem'))
    const {value} = await read(
      `rediss://localhost:${server.port}/0?ssl_cert_reqs=required&ssl_ca_certs=${ca}`,
    )
    expect(value.role).toBe('master')
    expect((await read(`rediss://127.0.0.1:${server.port}/0?ssl_cert_reqs=none`)).value.role).toBe('master')
  })

  it('trusts nobody without a word', async () => {
    const server = await redis(options)
    await expect(reach(`rediss://127.0.0.1:${server.port}/0`)).rejects.toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('ssl_ca_certs'),
    })
  })

  it('asked of one that has none, and not asked of one that has', async () => {
    const secure = await redis(options)
    await expect(reach(`redis://127.0.0.1:${secure.port}/0`)).rejects.toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('use rediss://'),
    })
    const plain = await redis()
    await expect(reach(`rediss://127.0.0.1:${plain.port}/0`)).rejects.toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('use redis://'),
    })
  })

  it('with a client certificate', async () => {
    const strict = {...options, args: [...(options.args ?? []), '--tls-auth-clients', 'yes']}
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
    const server = await redis({...strict, cliArgs: ['--tls', '--insecure', '--cert', cert, '--key', key]})
    const url = `rediss://localhost:${server.port}/0?ssl_ca_certs=${cert}`
    await expect(reach(url)).rejects.toMatchObject({code: 'tls-mismatch'})
    expect((await read(`${url}&ssl_certfile=${cert}&ssl_keyfile=${key}`)).value.role).toBe('master')
  })
})

describe('by the stack', () => {
  const container = (more: Partial<NonNullable<RedisStack['container']>>): RedisStack => ({
    container: {
      ...{name: 'hub-redis', running: true, port: 6379, published: null, addresses: [], command: []},
      ...{environment: {}, exec: null},
      ...more,
    },
    workerEnvironment: {},
  })
  const byStack = (stack: RedisStack) => reach(null, {stack: Promise.resolve(stack)})

  it('takes the published port, with the sign-in of the worker', async () => {
    const server = await redis({args: ['--requirepass', 'canary-1']})
    const secrets: string[] = []
    const stack = {
      ...container({published: {host: '0.0.0.0', port: server.port}}),
      workerEnvironment: {CELERY_BROKER_URL: 'redis://:canary-1@redis:6379/2'},
    }
    const reached = await reach(null, {
      stack: Promise.resolve(stack),
      onSecret: secret => secrets.push(secret),
    })
    expect(reached).toMatchObject({
      route: 'published-port',
      address: `127.0.0.1:${server.port}/2`,
      database: 2,
    })
    expect(secrets).toEqual(['canary-1'])
  })

  it.each([
    [['redis-server', '--requirepass', 'canary-2'], {}],
    [
      ['sh', '-c', 'exec redis-server --requirepass "$REDIS_PASSWORD" --appendonly yes'],
      {REDIS_PASSWORD: 'canary-2'},
    ],
  ])('takes the password from the command %j', async (command, environment) => {
    const server = await redis({args: ['--requirepass', 'canary-2']})
    const published = {host: '127.0.0.1', port: server.port}
    expect(
      (await byStack(container({published, command, environment: environment as Record<string, string>})))
        .kind,
    ).toBe('connected')
  })

  it('takes the address where no port is published', async () => {
    const server = await redis()
    const reached = await byStack(container({port: server.port, addresses: ['127.0.0.1']}))
    expect(reached.route).toBe('container-address')
  })

  it('takes docker exec last: PING, INFO and LLEN', async () => {
    const server = await redis({
      args: ['--requirepass', 'canary-3'],
      cliArgs: ['-a', 'canary-3', '--no-auth-warning'],
    })
    const commands: string[][] = []
    const stack: RedisStack = {
      ...container({
        published: {host: '127.0.0.1', port: await freePort()},
        exec: async (command, environment) => {
          commands.push([...command])
          expect(environment).toEqual({REDISCLI_AUTH: 'canary-3'})
          return {
            exitCode: 0,
            stdout: await server.cli(...command.slice(command.indexOf('-n') + 3)),
            stderr: '',
          }
        },
      }),
      workerEnvironment: {CELERY_BROKER_URL: 'redis://:canary-3@redis:6379/0'},
    }
    const reached = await byStack(stack)
    expect(reached).toMatchObject({kind: 'exec', address: 'hub-redis (docker exec)'})
    const {value, error} = await readRedis(reached, never)
    expect(error).toMatchObject({code: 'exec-only'})
    expect(value).toMatchObject({route: 'docker-exec', role: 'master', asksPassword: null})
    expect(new Set(commands.map(command => command.at(-1)))).toEqual(new Set(['PING', 'INFO']))
    expect(JSON.stringify(commands)).not.toContain('canary-3')
  })

  it('says which container is not running', async () => {
    await expect(byStack(container({running: false}))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('hub-redis'),
    })
  })

  it('says that no way leads there', async () => {
    await expect(byStack(container({}))).rejects.toMatchObject({code: 'no-address'})
    await expect(byStack({container: null, workerEnvironment: {}})).rejects.toMatchObject({
      code: 'no-address',
    })
  })

  it('blames the engine when it does not tell in time', async () => {
    const stack = new Promise<null>(() => {})
    await expect(reach(null, {stack, deadlineSeconds: 0.1})).rejects.toMatchObject({because: 'docker'})
  })
})

it('a frozen Redis does not hold the process either', async () => {
  const server = await redis()
  server.process.kill('SIGSTOP')
  const module = pathToFileURL(join(import.meta.dirname, '../../src/sources/redis/reach.ts'))
  const code = `
    import {reachRedis} from '${module}'
    const access = {url: '${server.url}', stack: Promise.resolve(null), deadlineSeconds: 0.2}
    const error = await reachRedis(access, new AbortController().signal).catch(error => error)
    const start = performance.now()
    process.on('exit', () => console.log(error.code, performance.now() - start < 500))`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', code]
  expect(execFileSync(process.execPath, words, {encoding: 'utf8', timeout: 20_000})).toBe('timeout true\n')
})

it('a read that is aborted ends at once and leaves no connection', async () => {
  const server = await redis()
  const reached = await reach(server.url)
  server.process.kill('SIGSTOP')
  const controller = new AbortController()
  const pending = readRedis(reached, controller.signal)
  controller.abort()
  await expect(pending).rejects.toMatchObject({code: 'timeout'})
  server.process.kill('SIGCONT')
  await reached.close()
  await expect.poll(() => server.cli('CLIENT', 'LIST').then(text => text.split('\n').length)).toBe(1)
})
