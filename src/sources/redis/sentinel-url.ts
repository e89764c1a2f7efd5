import {asksForTls, databaseFrom, decode, type RedisEndpoint, tlsFrom} from './endpoint.ts'
import {unsupported} from './other-brokers.ts'

export type Place = {host: string; port: number}

/** Sentinels to ask where the master is, and how to sign in to both. Holds secrets. */
export type SentinelUrl = {
  sentinels: Place[]
  /** `null`: the only one that the Sentinels know. */
  masterName: string | null
  /** For the Sentinels themselves; kombu's `sentinel_kwargs`. */
  asking: Omit<RedisEndpoint, 'place'>
  /** For the master that they name. */
  master: Omit<RedisEndpoint, 'place'>
}

const defaultPort = 26379

export function isSentinelUrl(text: string): boolean {
  return /^sentinel:/i.test(text)
}

/**
 * Reads `sentinel://user:password@h1:26379/2;sentinel://h2:26379/2` as kombu does, which takes user, password and database
 * from the first; `h1:26379,h2:26379/2` is understood, too. What kombu has in `broker_transport_options` may stand in the
 * query: `master_name`, `sentinel_password`, `sentinel_username`, `sentinel_ssl`; `ssl_…` is for the master.
 * Throws a `SourceError` of code `unsupported` that shows no credentials.
 */
export function parseSentinelUrl(text: string): SentinelUrl {
  const parts = text.split(';').map(readPart)
  const [first] = parts
  if (first === undefined) throw unreadable()
  const query = new URLSearchParams(parts.flatMap(part => [...part.query]))
  const tls = asksForTls(query) ? tlsFrom(query) : null
  return {
    sentinels: parts.flatMap(part => part.places),
    masterName: said(query, 'master_name'),
    asking: {
      database: 0,
      username: said(query, 'sentinel_username'),
      password: said(query, 'sentinel_password'),
      tls: /^(true|yes|1)$/i.test(query.get('sentinel_ssl') ?? '') ? tlsFrom(query) : null,
    },
    master: {
      database: databaseFrom(query.get('db') ?? first.path),
      username: first.username,
      password: first.password ?? said(query, 'password'),
      tls,
    },
  }
}

function readPart(text: string) {
  const [whole = '', ...queries] = text.trim().split('?')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(whole)?.[0] ?? ''
  if (scheme !== '' && !isSentinelUrl(scheme))
    throw unsupported('the sentinel:// URL names something else than Sentinels, too')
  const rest = whole.slice(scheme.length)
  const at = rest.lastIndexOf('@')
  const info = at === -1 ? '' : rest.slice(0, at)
  const colon = info.indexOf(':')
  const hosts = rest.slice(at + 1)
  const slash = hosts.indexOf('/')
  const user = colon === -1 ? info : info.slice(0, colon)
  return {
    username: user === '' ? null : decode(user),
    password: colon === -1 || colon === info.length - 1 ? null : decode(info.slice(colon + 1)),
    places: (slash === -1 ? hosts : hosts.slice(0, slash)).split(',').map(placeFrom),
    path: slash === -1 ? '' : hosts.slice(slash),
    query: new URLSearchParams(queries.join('?')),
  }
}

function placeFrom(text: string): Place {
  const found = /^(?:\[([^\]]+)\]|([^\s:[\]]*))(?::(\d{1,5}))?$/.exec(text.trim())
  if (found === null) throw unreadable()
  const port = found[3] === undefined ? defaultPort : Number(found[3])
  if (port < 1 || port > 65535) throw unreadable()
  return {host: decode(found[1] ?? found[2] ?? '') || 'localhost', port}
}

function said(query: URLSearchParams, name: string): string | null {
  const value = query.get(name)
  return value === null || value === '' ? null : value
}

function unreadable() {
  return unsupported(
    'the sentinel:// URL cannot be read: write sentinel://:password@host:26379/0;sentinel://host:26379/0 and percent-encode the password',
  )
}
