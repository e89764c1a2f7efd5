import {request} from 'node:http'
import {connect, type Socket} from 'node:net'
import {setTimeout as pause} from 'node:timers/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {type Asked, type Page, type Serving, serve} from '../../../src/exporter/server.ts'

let serving: Serving | null = null
afterEach(async () => {
  await serving?.close()
  serving = null
})

/** As they are, only sooner. */
const bounds = {connections: 64, headerBytes: 8192, headerSeconds: 0.3, requestSeconds: 0.6, idleSeconds: 2}
const page: Page = {contentType: 'text/plain', body: 'ä 1\n'}
async function start(
  credentials: string | null = null,
  pageOf: (asked: Asked) => Promise<Page> = async () => page,
  within = bounds,
) {
  serving = await serve({host: '127.0.0.1', port: 0}, credentials, pageOf, within)
  const {port} = serving.place
  return {port, get: (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)}
}

/** Writes bytes and gives back what came until the other side closed, or nothing more came. */
async function raw(
  port: number,
  text: string,
  milliseconds = 8000,
): Promise<{said: string; closed: boolean}> {
  const socket = connect(port, '127.0.0.1')
  let [said, closed] = ['', false]
  socket.on('data', chunk => {
    said += chunk
  })
  socket.on('error', () => {})
  const over = new Promise<void>(resolve => socket.once('close', () => resolve()))
  socket.write(text)
  await Promise.race([over.then(() => (closed = true)), pause(milliseconds)])
  socket.destroy()
  return {said, closed}
}

describe('the server', () => {
  it('serves a page to GET and its head to HEAD, and nothing else', async () => {
    const asked: Asked[] = []
    const {get} = await start(null, async one => {
      asked.push(one)
      return page
    })
    const headers = {accept: 'application/openmetrics-text', 'x-prometheus-scrape-timeout-seconds': '1.5'}
    const response = await get('/metrics?x=1', {headers})
    expect(await response.text()).toBe('ä 1\n')
    expect(response.headers.get('content-length')).toBe('5')
    expect(asked).toEqual([{accept: 'application/openmetrics-text', withinSeconds: 1.5}])
    const head = await get('/metrics', {method: 'HEAD'})
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
    expect((await get('/-/healthy')).status).toBe(200)
    expect((await get('/')).status).toBe(404)
    expect((await get('/metrics/../etc/passwd')).status).toBe(404)
    const post = await get('/metrics', {method: 'POST', body: 'x'.repeat(100_000)})
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(asked).toHaveLength(2)
  })

  it('says why there is no page', async () => {
    const {get} = await start(null, async () => {
      throw new Error('it hangs')
    })
    const response = await get('/metrics')
    expect([response.status, await response.text()]).toEqual([503, 'it hangs\n'])
  })

  it('asks who it is where it was told to', async () => {
    const {get} = await start('me:se:cret')
    const as = (text: string) => ({headers: {authorization: `Basic ${Buffer.from(text).toString('base64')}`}})
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', as('me:se:cre'))).status).toBe(401)
    expect((await get('/metrics', {headers: {authorization: 'Bearer x'}})).status).toBe(401)
    expect((await get('/metrics', as('me:se:cret'))).status).toBe(200)
    expect((await get('/-/healthy')).status).toBe(200)
  })

  it.each([
    ['says nothing', ''],
    ['never ends its headers', 'GET /metrics HTTP/1.1\r\nHost: a\r\nX-A: b\r\n'],
    ['never ends its body', 'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx'],
  ])('cuts off who %s', async (_what, text) => {
    const {port, get} = await start()
    const stuck = raw(port, text)
    expect((await get('/metrics')).status).toBe(200)
    expect((await stuck).closed).toBe(true)
  })

  it('takes no huge headers, and no nonsense', async () => {
    const {port} = await start()
    const {said, closed} = await raw(
      port,
      `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    )
    expect(said).toContain('431')
    expect(closed).toBe(true)
    expect((await raw(port, 'nonsense\r\n\r\n')).said).toContain('400')
  })

  it('takes no more connections than it has room for', async () => {
    const {port, get} = await start(null, undefined, {
      ...bounds,
      connections: 3,
      headerSeconds: 30,
      requestSeconds: 30,
    })
    const held = new Set<Socket>()
    await new Promise<void>(refusedAll => {
      let refused = 0
      for (let nth = 0; nth < 10; nth += 1) {
        const socket = connect(port, '127.0.0.1').on('error', () => {})
        held.add(socket)
        socket.once('close', () => {
          held.delete(socket)
          refused += 1
          if (refused === 7) refusedAll()
        })
      }
    })
    expect(held.size).toBe(3)
    for (const socket of held) socket.destroy()
    // Room comes back as soon as the server has seen that they are gone.
    for (;;) if ((await get('/-/healthy').catch(() => null))?.ok) break
  })

  it('ends at once, whoever still waits', async () => {
    const {port} = await start(null, () => new Promise(() => {}))
    const waiting = new Promise(resolve => {
      request({port, host: '127.0.0.1', path: '/metrics'}).on('error', resolve).end()
    })
    await pause(100)
    await serving?.close()
    serving = null
    expect(await waiting).toMatchObject({code: 'ECONNRESET'})
  })

  it('says that it cannot listen', async () => {
    const {port} = await start()
    await expect(serve({host: '127.0.0.1', port}, null, async () => page)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: something listens there already`,
    )
    await expect(serve({host: '192.0.2.1', port: 0}, null, async () => page)).rejects.toThrow(
      'no such address',
    )
  })
})
