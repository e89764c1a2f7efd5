import {createHash, timingSafeEqual} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {HubError} from '../errors/hub-error.ts'

/** Where to listen. */
export type Place = {host: string; port: number}

export type Page = {contentType: string; body: string}

export type Asked = {
  /** What the scraper takes, as it says. */
  accept: string
  /** It waits no longer; `null` when it does not say. */
  withinSeconds: number | null
}

export type Serving = {
  /** With the port that was free, where 0 was asked for. */
  place: Place
  /** At once, whoever still waits. */
  close: () => Promise<void>
}

/** What others may do to it. */
export type Bounds = {
  connections: number
  headerBytes: number
  /** Whoever has not said what they want by then is cut off: their headers, and all of it. */
  headerSeconds: number
  requestSeconds: number
  /** And whoever takes nothing of the answer for so long. */
  idleSeconds: number
}

/** A scraper or two, and a person who looks. */
const usualBounds: Bounds = {
  ...{connections: 64, headerBytes: 8 * 1024},
  ...{headerSeconds: 5, requestSeconds: 10, idleSeconds: 30},
}

/**
 * Serves GET and HEAD of `/metrics` and of `/-/healthy`, and nothing else. `credentials` (`user:password`) are asked for before a page is
 * made. A page that throws is 503 with the reason. Throws a `HubError` (69) where it cannot listen.
 */
export async function serve(
  place: Place,
  credentials: string | null,
  pageOf: (asked: Asked) => Promise<Page>,
  bounds: Bounds = usualBounds,
): Promise<Serving> {
  const server = createServer(
    {
      maxHeaderSize: bounds.headerBytes,
      headersTimeout: bounds.headerSeconds * 1000,
      requestTimeout: bounds.requestSeconds * 1000,
      connectionsCheckingInterval: bounds.headerSeconds * 200,
    },
    (request, response) => {
      // A body is never wanted: what comes of one is not read.
      if (
        request.headers['content-length'] !== undefined ||
        request.headers['transfer-encoding'] !== undefined
      )
        response.setHeader('connection', 'close')
      answer(request, response, credentials, pageOf).catch(() => response.destroy())
    },
  )
  server.maxConnections = bounds.connections
  server.timeout = bounds.idleSeconds * 1000
  server.listen(place.port, place.host)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw notListening(place, error)
  })
  const {address, port} = server.address() as AddressInfo
  return {
    place: {host: address, port},
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  credentials: string | null,
  pageOf: (asked: Asked) => Promise<Page>,
): Promise<void> {
  const path = request.url?.split('?', 1)[0]
  const send = (status: number, {contentType, body}: Page, headers: Record<string, string> = {}) => {
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (path !== '/metrics' && path !== '/-/healthy') return send(404, words('Not found: see /metrics'))
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, words('GET or HEAD'), {allow: 'GET, HEAD'})
  if (path === '/-/healthy') return send(200, words('hub-mon serves'))
  if (credentials !== null && !isAdmitted(request.headers.authorization, credentials))
    return send(401, words('Sign in'), {'www-authenticate': 'Basic realm="hub-mon", charset="UTF-8"'})
  const seconds = Number(request.headers['x-prometheus-scrape-timeout-seconds'])
  const asked = {accept: request.headers.accept ?? '', withinSeconds: seconds > 0 ? seconds : null}
  const page = await pageOf(asked).catch((error: unknown) => error as Error)
  if (page instanceof Error) send(503, words(page.message))
  else send(200, page)
}

function words(text: string): Page {
  return {contentType: 'text/plain; charset=utf-8', body: `${text}\n`}
}

/** In a time that tells nothing of how much was right. */
function isAdmitted(header: string | undefined, credentials: string): boolean {
  const given = /^Basic +(\S+) *$/i.exec(header ?? '')?.[1]
  if (given === undefined) return false
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  return timingSafeEqual(digest(Buffer.from(given, 'base64')), digest(Buffer.from(credentials)))
}

function notListening({host, port}: Place, {code, message}: NodeJS.ErrnoException): HubError {
  const why: Record<string, string> = {
    EADDRINUSE: 'something listens there already',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'permission denied',
  }
  return new HubError(
    'unavailable',
    'not-listening',
    `cannot listen on ${inUrl(host)}:${port}: ${why[code ?? ''] ?? code ?? message}`,
    {suggestions: code === 'EADDRINUSE' ? [`ss -ltnp 'sport = :${port}'   # who it is`] : []},
  )
}

/** An address of IPv6 has colons of its own. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
