import type {IncomingMessage} from 'node:http'
import type {Place} from './place.ts'

export type Answered = {
  status: number
  location: string | null
  headers: IncomingMessage['headers']
  body: string
}

/** What answers does not speak HTTP, or wants TLS first. */
export class NotHttp extends Error {}

/** Of the one answer that is read; of all others, the head is enough. */
const mostBytes = 4096

/** One GET without credentials; no redirect is followed, and the body is read only where it is wanted. */
export async function get(
  place: Place,
  path: string,
  {secure, name, wantsBody = false}: {secure: boolean; name: string | null; wantsBody?: boolean},
  signal: AbortSignal,
): Promise<Answered> {
  const {request} = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
  const options = {
    ...{host: place.host, port: place.port, path, method: 'GET', agent: false, signal, maxHeaderSize: 16_384},
    headers: {
      accept: '*/*',
      connection: 'close',
      ...(name === null ? {} : {host: hostHeader(name, place.port, secure)}),
    },
    // Whether it is to be trusted is told apart; here only what it answers counts.
    ...(secure ? {rejectUnauthorized: false, checkServerIdentity: () => undefined, ...serverName(name)} : {}),
  }
  return await new Promise((resolve, reject) => {
    const asking = request(options, response => {
      response.on('error', () => {})
      const body = wantsBody ? bodyOf(response) : Promise.resolve('')
      body.then(text => {
        // A peer that goes on sending would hold the socket.
        asking.destroy()
        resolve({
          ...{status: response.statusCode ?? 0, location: response.headers.location?.slice(0, 500) ?? null},
          ...{headers: response.headers, body: text},
        })
      }, reject)
    })
    asking.once('error', error => reject(codeOf(error).startsWith('HPE_') ? new NotHttp() : error))
    asking.end()
  })
}

/** SNI is for names; an address is none. */
export function serverName(name: string | null): {servername?: string} {
  return name === null || process.getBuiltinModule('node:net').isIP(name) !== 0
    ? {servername: ''}
    : {servername: name}
}

function hostHeader(name: string, port: number, secure: boolean): string {
  const host = name.includes(':') ? `[${name}]` : name
  return port === (secure ? 443 : 80) ? host : `${host}:${port}`
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > mostBytes) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, mostBytes)
}

export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** In a word why a peer was of no use. */
export function whyNot(error: unknown, signal: AbortSignal): string {
  if (signal.aborted || (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)))
    return 'timeout'
  const code = codeOf(error)
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused'
  return code === 'ETIMEDOUT' ? 'timeout' : 'closed'
}
