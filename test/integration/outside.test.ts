import {execFile} from 'node:child_process'
import {once} from 'node:events'
import {createServer as createHttp, type IncomingMessage, type RequestListener} from 'node:http'
import {createServer as createHttps, type ServerOptions} from 'node:https'
import {type AddressInfo, createServer as createTcp, type Server} from 'node:net'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {judgeAll} from '../../src/checks/judge.ts'
import {checks} from '../../src/checks/registry.ts'
import type {Container} from '../../src/snapshot/docker.ts'
import type {OutsideAddress} from '../../src/snapshot/outside.ts'
import {readOutside} from '../../src/sources/outside/read-outside.ts'
import {factsIn} from '../fixtures/broken.ts'
import {container, fresh, healthy} from '../fixtures/healthy.ts'
import {production} from '../fixtures/production.ts'
import {type Authority, makeAuthority, selfSigned} from '../services/authority.ts'
import {until} from '../services/hub.ts'
import {startRedis} from '../services/redis.ts'

const site = 'hub.example.test'
const hsts = {'strict-transport-security': 'max-age=31536000'}

let authority: Authority
let stranger: Authority
beforeAll(async () => {
  ;[authority, stranger] = await Promise.all([makeAuthority(), makeAuthority('Somebody Else')])
})
afterAll(async () => {
  await Promise.all([authority.remove(), stranger.remove()])
})

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

/** On a free port of loopback; nothing holds its connections open but whoever asked. */
async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** As the proxy answers: who we are, and 401 for everything else. */
const asking: RequestListener = (request, response) => {
  if (request.url === '/.well-known/hub-mon')
    return void response.end(JSON.stringify({client: request.socket.remoteAddress}))
  response.writeHead(401, {...hsts, 'www-authenticate': 'Basic realm="hub"'}).end('no')
}

function proxyAt(port: number, more: Partial<Container> = {}): Container {
  return container('proxy', 'proxy', {
    ports: [{containerPort: 8443, hostIp: '127.0.0.1', hostPort: port}],
    production: {secrets: null, site, prefix: null, allow: ['127.0.0.0/8']},
    ...more,
  })
}

async function look(
  containers: Container[],
  {own = authority.cert, prefix = ''}: {own?: string | null; prefix?: string} = {},
) {
  const docker = {...factsIn(healthy(), 'docker'), containers}
  const query = {docker, prefixOf: () => prefix, ownAuthority: async () => own, deadlineSeconds: 1.5}
  const started = performance.now()
  const {value} = await readOutside(query, new AbortController().signal)
  expect((performance.now() - started) / 1000).toBeLessThan(3)
  return value
}

/** The one address that a container publishes. */
async function lookAtOne(
  container: Container,
  options: Parameters<typeof look>[1] = {},
): Promise<OutsideAddress> {
  const {addresses} = await look([container], options)
  expect(addresses).toHaveLength(1)
  const [address] = addresses
  if (address === undefined) throw new Error('nothing was requested')
  return address
}

/** What a check says of a hub in production that answers like this, on this day. */
function judged(check: `security.${string}`, address: OutsideAddress, takenAt = new Date()) {
  const snapshot = production()
  snapshot.takenAt = takenAt.toISOString()
  snapshot.sources.outside = fresh({addresses: [address], left: 0, gatewaysAllowed: []})
  const [found] = judgeAll(
    checks.filter(({id}) => id === check),
    snapshot,
  )
  return found
}

async function https(options: ServerOptions, answer = asking): Promise<number> {
  const server = createHttps(options, answer)
  server.on('tlsClientError', () => {})
  return await listen(server)
}

describe('an address that speaks TLS', () => {
  it('by the own authority, that asks for a password first', async () => {
    const port = await https(await authority.issue([site]))
    const address = await lookAtOne(proxyAt(port))
    expect(address).toMatchObject({
      ...{speaks: 'https', error: null, host: '127.0.0.1', port, seenAs: '127.0.0.1', seenAsAllowed: true},
      tls: {
        ...{version: 'TLSv1.3', name: site, names: [site], fits: true, issuer: 'Test Authority'},
        ...{trustedBy: 'own', error: null, oldAccepted: false},
      },
      http: {
        headers: hsts,
        answers: ['/', '/metrics', '/healthcheck', '/api/workers'].map(path => ({path, status: 401})),
      },
    })
    for (const check of ['asks-first', 'https', 'certificate', 'tls-versions', 'allow-list'] as const)
      expect(judged(`security.${check}`, address)).toMatchObject({status: 'pass', check: `security.${check}`})
  })

  it('is told to be about to end as days go by', async () => {
    const port = await https(await authority.issue([site], {to: 90}))
    const address = {...(await lookAtOne(proxyAt(port))), tls: null as OutsideAddress['tls']}
    address.tls = {
      ...((await lookAtOne(proxyAt(port))).tls as NonNullable<OutsideAddress['tls']>),
      trustedBy: 'known',
    }
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
    expect(judged('security.certificate', address, inDays(60))?.status).toBe('pass')
    expect(judged('security.certificate', address, inDays(70))).toMatchObject({
      ...{status: 'warning', message: expect.stringMatching(/expires in (19|20) days$/)},
    })
    expect(judged('security.certificate', address, inDays(88))?.status).toBe('critical')
    expect(judged('security.certificate', address, inDays(91))).toMatchObject({
      ...{status: 'critical', message: expect.stringMatching(/has expired .* ago$/)},
    })
  })

  it.each([
    ['that has ended', {from: -10, to: -1}, 'CERT_HAS_EXPIRED', /has expired 24 h|has expired 1 d/],
    ['that has not begun', {from: 5, to: 90}, 'CERT_NOT_YET_VALID', /is valid from/],
  ])('with a certificate %s', async (_what, days, error, says) => {
    const port = await https(await authority.issue([site], days))
    // Trusted, but for the date: also where the authority is one that is known.
    const address = await lookAtOne(proxyAt(port))
    expect(address.tls).toMatchObject({trustedBy: null, fits: true})
    expect(judged('security.certificate', address)).toMatchObject({
      ...{status: 'critical', message: expect.stringMatching(says)},
    })
    expect(address.tls?.error).toBe(error)
  })

  it('for another name', async () => {
    const port = await https(await authority.issue(['other.example.test', '127.0.0.1']))
    const address = await lookAtOne(proxyAt(port))
    expect(address.tls).toMatchObject({
      fits: false,
      trustedBy: 'own',
      names: ['other.example.test', '127.0.0.1'],
    })
    expect(judged('security.certificate', address)).toMatchObject({
      status: 'critical',
      message: `https://127.0.0.1:${port}: the certificate is for other.example.test, 127.0.0.1, not for ${site}`,
    })
  })

  it('for the address that people type', async () => {
    const port = await https(await authority.issue(['127.0.0.1']))
    const address = await lookAtOne(
      proxyAt(port, {production: {secrets: null, site: '127.0.0.1', prefix: null, allow: []}}),
    )
    expect(address.tls).toMatchObject({fits: true, name: '127.0.0.1'})
    expect(address.seenAsAllowed).toBeNull()
  })

  it.each([
    ['signed by nobody', () => selfSigned(site), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of an authority that nobody knows', () => stranger.issue([site]), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('with a certificate %s', async (_what, identity, error) => {
    const address = await lookAtOne(proxyAt(await https(await identity())))
    expect(address.tls).toMatchObject({trustedBy: null, error, fits: true})
    expect(judged('security.certificate', address)).toMatchObject({
      ...{status: 'warning', message: expect.stringContaining('nobody whom this machine knows')},
    })
  })

  it('is trusted where the machine knows the authority', async () => {
    const port = await https(await stranger.issue([site]))
    const source = fileURLToPath(new URL('../../src/sources/outside/tls.ts', import.meta.url))
    const script = `import {readTls} from ${JSON.stringify(source)}
      const place = {host: '127.0.0.1', port: ${port}}
      const told = await readTls(place, '${site}', async () => null, new AbortController().signal)
      process.stdout.write(JSON.stringify(told))`
    const words = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const env = {...process.env, NODE_EXTRA_CA_CERTS: stranger.file}
    const {stdout} = await promisify(execFile)(process.execPath, words, {env})
    expect(JSON.parse(stdout)).toMatchObject({trustedBy: 'known', error: null, fits: true})
  })

  it('and takes TLS 1.0 besides', async () => {
    const identity = await authority.issue([site])
    const port = await https({...identity, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0'})
    const address = await lookAtOne(proxyAt(port))
    expect(address.tls).toMatchObject({version: 'TLSv1.3', oldAccepted: true})
    expect(judged('security.tls-versions', address)).toMatchObject({
      ...{status: 'warning', message: `https://127.0.0.1:${port} takes TLS 1.1 and below`},
    })
  })

  it('and takes nothing newer than TLS 1.1', async () => {
    const identity = await authority.issue([site])
    const versions = {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'} as const
    const address = await lookAtOne(proxyAt(await https({...identity, ...versions})))
    expect(address).toMatchObject({speaks: 'https', error: 'tls-refused', http: null})
    expect(address.tls).toMatchObject({version: 'TLSv1.1', oldAccepted: true, trustedBy: 'own'})
    expect(judged('security.tls-versions', address)?.status).toBe('warning')
  })

  it('and refuses the name of the site', async () => {
    // As Caddy does it: a fatal alert, "internal error".
    const alert = Buffer.from('15030300020250', 'hex')
    const port = await listen(createTcp(socket => socket.once('data', () => socket.end(alert))))
    const address = await lookAtOne(proxyAt(port))
    expect(address).toMatchObject({speaks: 'https', error: 'tls-refused', tls: null, http: null})
    expect(judged('security.certificate', address)).toMatchObject({
      ...{status: 'critical', message: expect.stringContaining('for the name of the site is refused')},
    })
  })

  it('on a port that does not look like it', async () => {
    const port = await https(await authority.issue([site]))
    const odd = proxyAt(port, {ports: [{containerPort: 9000, hostIp: '127.0.0.1', hostPort: port}]})
    expect(await lookAtOne(odd)).toMatchObject({speaks: 'https', seenAs: '127.0.0.1'})
  })

  it('turns away whom its list does not have', async () => {
    const port = await https(await authority.issue([site]), (request, response) => {
      if (request.url === '/.well-known/hub-mon') return void response.end('{"client": "203.0.113.9"}')
      response.writeHead(200, hsts).end()
    })
    const address = await lookAtOne(proxyAt(port))
    expect(address).toMatchObject({seenAs: '203.0.113.9', seenAsAllowed: false})
    expect(judged('security.allow-list', address)).toMatchObject({
      ...{
        status: 'critical',
        message: expect.stringContaining('answers 203.0.113.9, which is not on the list'),
      },
    })
  })
})

describe('an address that speaks HTTP', () => {
  const flowerAt = (port: number) =>
    container('flower', 'flower', {ports: [{containerPort: 5555, hostIp: '127.0.0.1', hostPort: port}]})

  it('without a password, is asked by GET alone and shown no credentials', async () => {
    const requests: IncomingMessage[] = []
    const port = await listen(
      createHttp((request, response) => {
        requests.push(request)
        response.end('pages')
      }),
    )
    const address = await lookAtOne(flowerAt(port), {prefix: '/flower/'})
    expect(address).toMatchObject({speaks: 'http', tls: null, redisAsks: null, seenAs: null})
    expect(requests.map(({method, url}) => `${method} ${url}`).sort()).toEqual([
      'GET /flower/',
      'GET /flower/api/workers',
      'GET /flower/healthcheck',
      'GET /flower/metrics',
    ])
    expect(requests.flatMap(({headers}) => [headers.authorization, headers.cookie])).toEqual(
      Array(8).fill(undefined),
    )
    // It is not the proxy's, and of this machine alone.
    expect(judged('security.asks-first', address)).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(
        /shows \/flower\/, \/flower\/metrics, \/flower\/healthcheck, .* to whoever asks/,
      ),
    })
    expect(judged('security.https', address)?.status).toBe('warning')
  })

  it('with a password for its pages alone', async () => {
    const port = await listen(
      createHttp((request, response) => {
        response.writeHead(request.url === '/metrics' || request.url === '/healthcheck' ? 200 : 401).end()
      }),
    )
    expect(judged('security.asks-first', await lookAtOne(flowerAt(port)))).toMatchObject({
      ...{status: 'warning', message: expect.stringContaining('/metrics, /healthcheck to whoever asks')},
    })
  })

  it('and sends on to HTTPS', async () => {
    const port = await listen(
      createHttp(({url}, response) => response.writeHead(308, {location: `https://${site}${url}`}).end()),
    )
    const address = await lookAtOne(flowerAt(port))
    expect(address.http?.answers[1]).toEqual({
      ...{path: '/metrics', status: 308, location: `https://${site}/metrics`},
    })
    expect(judged('security.asks-first', address)?.status).toBe('pass')
    // Where it leads nobody has seen here.
    expect(judged('security.https', address)?.status).toBe('skipped')
  })

  it('and says 400, without TLS behind it', async () => {
    const port = await listen(createHttp((_request, response) => response.writeHead(400).end()))
    expect(await lookAtOne(flowerAt(port))).toMatchObject({
      speaks: 'http',
      http: {answers: [{status: 400}, {}, {}, {}]},
    })
  })
})

describe('a Redis', () => {
  const redisAt = (port: number) =>
    container('redis', 'redis', {ports: [{containerPort: 6379, hostIp: '127.0.0.1', hostPort: port}]})

  const password = 'of-this-test'
  const ann = ['--user', 'default', 'off', '--user', 'ann', 'on', `>${password}`, '+@all', '~*']
  it.each([
    ['without a password', {}, false, 'critical'],
    ['with a password', {args: ['--requirepass', password], cliArgs: ['-a', password]}, true, 'pass'],
    ['with users of its own', {args: ann, cliArgs: ['--user', 'ann', '-a', password]}, true, 'pass'],
  ])('%s', async (_what, options, redisAsks, status) => {
    const redis = await startRedis({
      ...options,
      ...('cliArgs' in options ? {cliArgs: [...options.cliArgs, '--no-auth-warning']} : {}),
    })
    try {
      const address = await lookAtOne(redisAt(redis.port))
      expect(address).toMatchObject({speaks: 'redis', redisAsks})
      expect(judged('security.redis-password', address)?.status).toBe(status)
    } finally {
      await redis.stop()
    }
  })
})

describe('what is requested', () => {
  it('is the hub’s own that runs, and nothing beside it', async () => {
    let asked = 0
    const port = await listen(
      createHttp((_request, response) => {
        asked += 1
        response.end()
      }),
    )
    const ports = [{containerPort: 5432, hostIp: '127.0.0.1', hostPort: port}]
    const {addresses} = await look([
      container('db', null, {ports}),
      container('flower', 'flower', {ports, state: 'exited'}),
    ])
    expect({addresses, asked}).toEqual({addresses: [], asked: 0})
  })

  it('of a port where nothing listens is told as it is', async () => {
    const server = createHttp()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    servers.length = 0
    expect(await lookAtOne(proxyAt(port))).toMatchObject({speaks: 'nothing', error: 'refused'})
  })

  it('is let go of', async () => {
    const server = createHttps(await authority.issue([site]), asking)
    const port = await listen(server)
    await lookAtOne(proxyAt(port))
    const open = promisify(server.getConnections.bind(server))
    await until('all connections are closed', 5, async () => (await open()) === 0)
  })

  it('is at most so much, and what is left out is counted', async () => {
    const port = await listen(createHttp(asking))
    const ports = Array.from({length: 50}, () => ({containerPort: 5555, hostIp: '127.0.0.1', hostPort: port}))
    const {addresses, left} = await look([container('flower', 'flower', {ports})])
    expect({requested: addresses.length, left}).toEqual({requested: 40, left: 10})
  })
})
