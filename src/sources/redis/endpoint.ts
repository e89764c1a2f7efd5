import {SourceError} from '../../snapshot/source-error.ts'

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
  if (scheme === undefined) throw unsupported('a Redis URL starts with redis:// or rediss://')
  if (![...plain, ...withTls].includes(`${scheme}:`))
    throw unsupported(`${scheme}:// is not supported yet: only redis://, rediss:// and redis+socket://`)
  const url = parsed(text) ?? parsed(encodeStrayUserInfo(text))
  if (url === null) throw unsupported(`the ${scheme}:// URL cannot be read: percent-encode its password`)
  const query = url.searchParams
  const socket = scheme === 'redis+socket' || scheme === 'unix'
  return {
    place: socket
      ? {path: decode(url.pathname)}
      : {host: hostOf(url), port: url.port === '' ? defaultPort : Number(url.port)},
    database: databaseFrom(
      socket ? (query.get('virtual_host') ?? query.get('db') ?? '') : (query.get('db') ?? url.pathname),
    ),
    username: url.username === '' ? null : decode(url.username),
    password: url.password === '' ? (query.get('password') ?? null) : decode(url.password),
    tls: withTls.includes(url.protocol) ? tlsFrom(query) : null,
  }
}

/** For people: `127.0.0.1:6379/0`, without credentials. */
export function describe({place, database}: Pick<RedisEndpoint, 'place' | 'database'>): string {
  if ('path' in place) return `${place.path}/${database}`
  return `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}/${database}`
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

function databaseFrom(text: string): number {
  const digits = text.replace(/^\/+/, '').replace(/\/+$/, '')
  if (digits === '') return 0
  if (/^\d{1,6}$/.test(digits)) return Number(digits)
  throw unsupported('the database in the Redis URL is not a number')
}

function tlsFrom(query: URLSearchParams): RedisTls {
  const requirement = query.get('ssl_cert_reqs')?.toLowerCase() ?? 'required'
  return {
    verify: !['none', 'cert_none', 'optional', 'cert_optional'].includes(requirement),
    caPath: query.get('ssl_ca_certs'),
    certPath: query.get('ssl_certfile'),
    keyPath: query.get('ssl_keyfile'),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unsupported(message: string): SourceError {
  return new SourceError('unsupported', message)
}
