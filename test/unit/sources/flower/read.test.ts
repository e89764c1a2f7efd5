import {createServer, type RequestListener} from 'node:http'
import {type AddressInfo, createServer as createTcpServer, type Socket} from 'node:net'
import {afterEach, describe, expect, it} from 'vitest'
import type {FlowerFacts} from '../../../../src/snapshot/flower.ts'
import {type FlowerAccess, readFlower} from '../../../../src/sources/flower/read.ts'
import {type FlowerOptions, startFlower} from '../../../stand-ins/flower.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(close => close()))
})

const never = new AbortController().signal
const read = (url: string | null, more: Partial<FlowerAccess> = {}) =>
  readFlower({url, credentials: null, ...more}, never)

async function replayed(options: FlowerOptions, more: Partial<FlowerAccess> = {}) {
  const flower = await startFlower(options)
  open.push(flower.close)
  return {flower, ...(await read(flower.url, more))}
}

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function accepted(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a Flower 2.1', () => {
  it('that is open tells nodes, counts and the last failure', async () => {
    const {value, error} = await replayed({})
    expect(error).toBeUndefined()
    expect(value).toMatchObject({
      api: 'usable',
      asksAuth: false,
      metricsOpen: true,
      sentCredentials: false,
      readOnly: false,
      nodes: [{name: 'w1@vm', online: true}],
    } satisfies Partial<FlowerFacts>)
    const boom = value.tasks?.byTask.find(each => each.task === 'app.celery_app.boom')
    expect(boom?.newestFailure).toMatchObject({exception: "ValueError('boom')"})
  })

  it('that is read-only is told so, without anything being asked to run', async () => {
    const {value, flower} = await replayed({readOnly: true})
    expect(value.readOnly).toBe(true)
    const posts = flower.requests.filter(request => request.startsWith('POST'))
    expect(posts).toHaveLength(1)
    expect(posts[0]).toMatch(/^POST \/api\/task\/apply\/hub-mon\.no-such-task-[0-9a-f]{16}$/)
  })

  it('with auth opens to the right credentials alone', async () => {
    const right = await replayed({mode: 'auth'}, {credentials: {user: 'admin', password: 's3cret'}})
    expect(right.value).toMatchObject({
      api: 'usable',
      asksAuth: true,
      sentCredentials: true,
      metricsOpen: true,
    })
    const wrong = await replayed({mode: 'auth'}, {credentials: {user: 'admin', password: 'no'}})
    expect(wrong.value).toMatchObject({
      api: 'unauthorized',
      asksAuth: true,
      sentCredentials: true,
      nodes: null,
    })
    const none = await replayed({mode: 'auth'})
    expect(none.value).toMatchObject({api: 'unauthorized', asksAuth: true, sentCredentials: false})
    expect(none.value.tasks?.byTask).toHaveLength(4)
  })

  it('takes credentials out of the URL and never shows them', async () => {
    const flower = await startFlower({mode: 'auth', basicAuth: 'me:p@ss/word'})
    open.push(flower.close)
    const url = flower.url.replace('://', '://me:p%40ss%2Fword@')
    const {value} = await read(url)
    expect(value.api).toBe('usable')
    expect(value.url).toBe(flower.url)
  })

  it('without auth and without the variable keeps its API closed and its pages open', async () => {
    const {value} = await replayed({mode: 'not-enabled'})
    expect(value).toMatchObject({api: 'not-enabled', asksAuth: false, readOnly: null})
    expect(value.nodes).toEqual([{name: 'w1@vm', online: true}])
  })

  it('under a prefix is found there, and told apart without', async () => {
    const {value, flower} = await replayed({mode: 'prefix'})
    expect(value).toMatchObject({api: 'usable', url: flower.url})
    const outside = await read(`http://127.0.0.1:${flower.port}`)
    expect(outside.value).toMatchObject({api: 'wrong-prefix', nodes: null, tasks: null})
  })
})

describe('what else may answer', () => {
  const cases: [string, RequestListener, FlowerFacts['api']][] = [
    [
      'a web server that knows nothing',
      (_request, response) => void response.writeHead(404).end(),
      'not-flower',
    ],
    [
      'a web server that says yes',
      (_request, response) => void response.end('<html>hello</html>'),
      'not-flower',
    ],
    [
      'OAuth in front',
      (request, response) =>
        void (request.url === '/healthcheck'
          ? response.end('OK')
          : response.writeHead(302, {location: '/login?next=%2F'}).end()),
      'login-page',
    ],
    [
      'Flower 1.2 with auth',
      (request, response) =>
        void (request.url === '/healthcheck'
          ? response.end('OK')
          : response.writeHead(request.url?.startsWith('/api/') === true ? 405 : 401).end()),
      'disabled-by-auth',
    ],
  ]
  it.each(cases)('%s', async (_name, listener, api) => {
    expect((await read(await served(listener))).value.api).toBe(api)
  })

  it('something that does not speak HTTP', async () => {
    const url = await accepted(socket => socket.write('-ERR unknown command\r\n'))
    expect((await read(url)).value.api).toBe('not-flower')
  })

  it('a proxy without a Flower behind it', async () => {
    const url = await served((_request, response) => void response.writeHead(502).end())
    await expect(read(url)).rejects.toMatchObject({code: 'refused', message: expect.stringContaining('502')})
  })
})

describe('what cannot be asked', () => {
  it('no Flower at all', async () => {
    await expect(read(null)).rejects.toMatchObject({code: 'not-part-of-the-hub'})
  })

  it('a port where nothing listens', async () => {
    const url = await served(() => {})
    await open.pop()?.()
    await expect(read(url)).rejects.toMatchObject({code: 'refused'})
  })

  it('a name that nobody knows', async () => {
    await expect(read('http://flower.invalid:5555')).rejects.toMatchObject({code: 'name-not-found'})
  })

  it('a peer that accepts and stays silent, within the deadline', async () => {
    const url = await accepted(() => {})
    const start = performance.now()
    await expect(read(url, {deadlineSeconds: 0.2})).rejects.toMatchObject({code: 'timeout'})
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('a peer that drips', async () => {
    const url = await accepted(socket => {
      const timer = setInterval(() => socket.write('H'), 50)
      socket.on('close', () => clearInterval(timer))
    })
    // Not even HTTP, or too slow: both are answers, and both come in time.
    const outcome = await read(url, {deadlineSeconds: 0.3}).catch((error: unknown) => error)
    expect(outcome).toSatisfy(
      (each: {code?: string; value?: FlowerFacts}) =>
        each.code === 'timeout' || each.value?.api === 'not-flower',
    )
  })

  it('TLS where there is none', async () => {
    const url = await served((_request, response) => void response.end('OK'))
    await expect(read(url.replace('http:', 'https:'))).rejects.toMatchObject({code: 'tls'})
  })

  it('an aborted read', async () => {
    const url = await accepted(() => {})
    const controller = new AbortController()
    const pending = readFlower({url, credentials: null}, controller.signal)
    controller.abort()
    await expect(pending).rejects.toBeDefined()
  })
})

it('a body without end is cut at 2 MB', async () => {
  const chunk = Buffer.alloc(64 * 1024, '# x\n')
  let sent = 0
  const url = await served((request, response) => {
    if (request.url === '/healthcheck') return void response.end('OK')
    if (request.url !== '/metrics') return void response.writeHead(401).end('FLOWER_UNAUTHENTICATED_API')
    response.write('# HELP flower_events_total x\n')
    const more = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length
    }
    response.on('drain', more)
    more()
  })
  const {value, error} = await read(url)
  expect(value.api).toBe('not-enabled')
  expect(error).toMatchObject({code: 'metrics'})
  expect(sent).toBeLessThan(32 * 1024 * 1024)
})
