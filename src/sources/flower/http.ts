import type {IncomingMessage} from 'node:http'
import {SourceError} from '../../snapshot/source-error.ts'

export type Credentials = {user: string; password: string}

export type Answered = {
  status: number
  location: string
  server: string
  /** Cut off beyond `mostBytes`; then `whole` is false. */
  body: string
  whole: boolean
}

const mostBytes = 2 * 1024 * 1024

export type Ask = {
  method?: 'GET' | 'POST'
  credentials?: Credentials | null
  signal: AbortSignal
}

/** What answers does not speak HTTP. */
export class NotHttp extends Error {}

/** One request, no redirect followed. Throws `NotHttp` or a `SourceError`: `refused`, `timeout`, `name-not-found`, `tls`. */
export async function ask(url: URL, {method = 'GET', credentials, signal}: Ask): Promise<Answered> {
  // Loaded where it is used: a command that asks no Flower starts without it.
  const {request} =
    url.protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
  const headers: Record<string, string> = {accept: 'application/json, text/plain', connection: 'close'}
  if (credentials != null)
    headers.authorization = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  if (method === 'POST') headers['content-length'] = '0'
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(reasonFor(error, url, signal))
    const pending = request(url, {method, headers, signal, agent: false}, response => {
      read(response).then(resolve, fail)
    })
    pending.once('error', fail)
    pending.end()
  })
}

async function read(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = []
  let bytes = 0
  let whole = true
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) {
      whole = false
      break
    }
    chunks.push(chunk)
  }
  // A peer that goes on sending would hold the socket.
  response.destroy()
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location ?? '',
    server: String(response.headers.server ?? ''),
    body: Buffer.concat(chunks).toString('utf8'),
    whole,
  }
}

function reasonFor(error: unknown, url: URL, signal: AbortSignal): Error {
  const place = url.host
  if (signal.aborted) return new SourceError('timeout', `Flower at ${place} did not answer in time`)
  const code = codeOf(error)
  if (code.startsWith('HPE_')) return new NotHttp()
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'].includes(code))
    return new SourceError('name-not-found', `the name in ${place} cannot be resolved`)
  if (code === 'ETIMEDOUT')
    return new SourceError('timeout', `Flower at ${place} did not accept the connection in time`)
  if (code === 'ECONNREFUSED') return new SourceError('refused', `nothing listens at ${place}`)
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new SourceError('refused', `${place} closed the connection without a word`)
  if (/^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_OSSL)/.test(code))
    return new SourceError('tls', `TLS with ${place} failed: ${tlsWords(code)}`)
  return new SourceError('refused', `${place} cannot be connected to (${code.toLowerCase()})`)
}

function tlsWords(code: string): string {
  if (/SELF_SIGNED|DEPTH_ZERO|UNABLE_TO/.test(code))
    return 'its certificate is signed by nobody we trust; name its authority with NODE_EXTRA_CA_CERTS'
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name'
  return 'it does not speak TLS; try http://'
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
