import {unsupported, unsupportedScheme} from './other-brokers.ts'

/** Where a Redis is and how to sign in to it. Holds secrets: never printed, see `describe`. */
export type RedisEndpoint = {
  place: {host: string; port: number} | {path: string}
  database: number
  username: string | null
  password: string | null
  tls: RedisTls | null
}

/** What kombu calls `ssl_*`; the paths are read when connecting. */
export type RedisTls = {
  /** False for `ssl_cert_reqs=none`. */
  verify: boolean
  caPath: string | null
  certPath: string | null
  keyPath: string | null
  /** False for `ssl_check_hostname=false`: any name in a certificate that is trusted will do. */
  checkName: boolean
}

const defaultPort = 6379
const plain = ['redis:', 'redis+socket:', 'unix:']
const withTls = ['rediss:']

/**
 * Reads a broker URL as kombu and redis-py do: `redis://user:password@host:port/db`, `rediss://…?ssl_ca_certs=…`,
 * `redis+socket:///path?virtual_host=db`. Throws a `SourceError` of code `unsupported` that shows no credentials.
 */
export function parseRedisUrl(text: string): RedisEndpoint {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined)
    throw unsupported('the address of a Redis starts with redis://, rediss:// or sentinel://')
  if (![...plain, ...withTls].includes(`${scheme}:`)) throw unsupportedScheme(scheme)
  const socket = scheme === 'redis+socket' || scheme === 'unix'
  const whole = socket ? text.replace(/^([^/]+:\/\/[^@/]*@)\//, '$1localhost/') : text
  const url = parsed(whole) ?? parsed(encodeStrayUserInfo(whole))
  if (url === null) throw unsupported(`the ${scheme}:// URL cannot be read: percent-encode its password`)
  const query = url.searchParams
  return {
    place: socket
      ? {path: decode(url.pathname)}
      : {host: hostOf(url), port: url.port === '' ? defaultPort : Number(url.port)},
    database: databaseFrom(
      socket ? (query.get('virtual_host') ?? query.get('db') ?? '') : (query.get('db') ?? url.pathname),
    ),
    username: url.username === '' ? null : decode(url.username),
    password: url.password === '' ? (query.get('password') ?? null) : decode(url.password),
    tls: withTls.includes(url.protocol) || asksForTls(query) ? tlsFrom(query) : null,
  }
}

/** For people: `127.0.0.1:6379/0`, without credentials. */
export function describe({place, database}: Pick<RedisEndpoint, 'place' | 'database'>): string {
  if ('path' in place) return `${place.path}/${database}`
  return `${describePlace(place)}/${database}`
}

export function describePlace({host, port}: {host: string; port: number}): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A password with `/`, `#` or `?` as it stands, which redis-py takes and a URL may not have. */
function encodeStrayUserInfo(text: string): string {
  const at = text.lastIndexOf('@')
  const start = text.indexOf('://') + 3
  if (at < start) return text
  const info = text.slice(start, at)
  const colon = info.indexOf(':')
  const [user, password] = colon === -1 ? [info, null] : [info.slice(0, colon), info.slice(colon + 1)]
  const encoded = encodeURIComponent(user) + (password === null ? '' : `:${encodeURIComponent(password)}`)
  return `${text.slice(0, start)}${encoded}${text.slice(at)}`
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

function hostOf(url: URL): string {
  return url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** kombu turns TLS on for any of its options, whatever the scheme. */
export function asksForTls(query: URLSearchParams): boolean {
  return [...query.keys()].some(name => name.startsWith('ssl_'))
}

export function databaseFrom(text: string): number {
  const digits = text.replace(/^\/+/, '').replace(/\/+$/, '')
  if (digits === '') return 0
  if (/^\d{1,6}$/.test(digits)) return Number(digits)
  throw unsupported('the database in the Redis URL is not a number')
}

export function tlsFrom(query: URLSearchParams): RedisTls {
  return {
    verify: verifies(query.get('ssl_cert_reqs') ?? 'required'),
    caPath: query.get('ssl_ca_certs'),
    certPath: query.get('ssl_certfile'),
    keyPath: query.get('ssl_keyfile'),
    checkName: !/^(false|no|0)$/i.test(query.get('ssl_check_hostname') ?? ''),
  }
}

/** As redis-py and Python's `ssl` spell it; to a client, optional is required. */
function verifies(requirement: string): boolean {
  const word = /^(?:ssl\.)?(?:cert_)?(none|optional|required)$/i.exec(requirement)?.[1]?.toLowerCase()
  if (word === undefined)
    throw unsupported('ssl_cert_reqs in the Redis URL is none of required, optional and none')
  return word !== 'none'
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
