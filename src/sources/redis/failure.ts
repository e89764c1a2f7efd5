import {SourceError} from '../../snapshot/source-error.ts'

/** Why Redis could not be reached. */
export type RedisFailure =
  | 'refused'
  | 'timeout'
  | 'name-not-found'
  | 'no-auth'
  | 'wrong-password'
  | 'no-permission'
  | 'tls-mismatch'
  | 'not-redis'
  | 'max-clients'
  | 'no-address'
  | 'unsupported'
  | 'no-database'
  | 'cluster'
  | 'no-sentinel'
  | 'unknown-master'
  | 'master-down'
  | 'master-unreachable'

export function redisError(code: RedisFailure, message: string): SourceError {
  return new SourceError(code, message)
}

/** Celery's queues, channels and transactions need all keys in one place. */
export function clusterError(address: string): SourceError {
  return redisError(
    'cluster',
    `${address} is a node of a Redis Cluster, which Celery cannot use as its broker: that takes one Redis, or a master that Sentinels watch`,
  )
}

export function sentinelError(address: string): SourceError {
  const place = address.replace(/\/\d+$/, '')
  return redisError(
    'unsupported',
    `${place} is a Sentinel, not the Redis that it watches: use sentinel://${place}`,
  )
}

/** What only a node of a Redis Cluster answers. */
export function isClusterRefusal(words: string): boolean {
  return /^(MOVED|ASK|CLUSTERDOWN|CROSSSLOT|TRYAGAIN)\b|not allowed in cluster mode/.test(words)
}

/** What Redis says instead of PONG while it can still be read. */
export function isReadableRefusal(words: string): boolean {
  return /^(LOADING|MISCONF|READONLY|OOM|MASTERDOWN|BUSY)\b/.test(words)
}

/** What an ACL does not let a user do: `MEMORY USAGE`, `GET on some keys`; `null` for another error. */
export function refusedCommand(words: string, command: string): string | null {
  if (!words.startsWith('NOPERM')) return null
  const named = /run the '([^']+)' command/.exec(words)?.[1]
  if (named !== undefined) return named.replace('|', ' ').toUpperCase()
  return `${command.toUpperCase()} on some ${/channel/.test(words) ? 'channels' : 'keys'}`
}

/** Says what a user was refused, and where it is described; `null` when nothing was. */
export function refusalsInWords(refused: Iterable<string>): string | null {
  const words = [...refused].sort().join(', ')
  return words === ''
    ? null
    : `the user of Redis may not use ${words}, so that what this tells is left out (docs/redis-access.md)`
}

/** What Redis said first of a transaction that it discarded: its last word, EXECABORT, tells nothing. */
export function firstWords(error: Error): string {
  const earlier: unknown = 'previousErrors' in error ? error.previousErrors : null
  const first: unknown = Array.isArray(earlier) ? earlier[0] : null
  return first instanceof Error ? first.message : error.message
}

/** The page that helps with what a user may not do; `null` for another error. */
export function docsOf(words: string): string | null {
  return words.startsWith('NOPERM') ? 'docs/redis-access.md' : null
}

/** Redis's own words on a command that it refuses for a write, not for a right. */
export function isWriteRefusal(words: string): boolean {
  return /\b(READONLY|MISCONF|OOM|NOPERM|NOREPLICAS|LOADING|MASTERDOWN)\b/.test(words)
}

/** Puts an error of the socket, of TLS or of Redis into one of the known reasons. */
export function explain(error: unknown, address: string): SourceError {
  if (error instanceof SourceError) return error
  const words = error instanceof Error ? error.message : String(error)
  const system = codeOf(error)
  return bySystemCode(system, words, address) ?? byReply(words, address) ?? unknown(words, address)
}

function bySystemCode(code: string | null, words: string, address: string): SourceError | null {
  if (code === null) return null
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA')
    return redisError('name-not-found', `the name in ${address} cannot be resolved`)
  if (code === 'ETIMEDOUT') return redisError('timeout', `${address} did not accept the connection in time`)
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return redisError('refused', `${address} closed the connection without a word`)
  if (/^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_OSSL)/.test(code))
    return redisError('tls-mismatch', `TLS with ${address} failed: ${tlsWords(code, words)}`)
  if (code === 'ECONNREFUSED') return redisError('refused', `nothing listens at ${address}`)
  if (/^E[A-Z]+$/.test(code))
    return redisError('refused', `${address} cannot be connected to (${code.toLowerCase()})`)
  return null
}

function byReply(words: string, address: string): SourceError | null {
  if (/^(NOAUTH|ERR operation not permitted)/.test(words))
    return redisError('no-auth', `${address} asks for a password and none is known`)
  if (/^(WRONGPASS|ERR invalid password|ERR invalid username-password)/.test(words))
    return redisError('wrong-password', `${address} refuses the password`)
  if (/^ERR .*AUTH.* without any password/i.test(words))
    return redisError('wrong-password', `${address} refuses the password: it has none set`)
  if (/^ERR wrong number of arguments for 'auth'/i.test(words))
    return redisError('wrong-password', `${address} knows no user names (Redis before 6)`)
  if (/^NOPERM/.test(words))
    return redisError('no-permission', `${address} lets this user do too little: ${words}`)
  if (isClusterRefusal(words)) return clusterError(address)
  if (/^ERR unknown command ['`]select/i.test(words)) return sentinelError(address)
  if (/^DENIED/.test(words))
    return redisError('no-permission', `${address} runs in protected mode and serves its own host alone`)
  if (/max number of clients/i.test(words))
    return redisError('max-clients', `${address} has no connection left: its maximum of clients is reached`)
  if (/DB index is out of range/i.test(words))
    return redisError('no-database', `${address}: Redis has no database of that number`)
  return null
}

function unknown(words: string, address: string): SourceError {
  if (/connection is closed/i.test(words))
    return redisError('refused', `${address} closed the connection without a word`)
  return redisError('not-redis', `what answers at ${address} does not speak Redis's protocol`)
}

function tlsWords(code: string, words: string): string {
  if (/SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED/.test(code))
    return 'its certificate is signed by nobody we trust; name its authority with ssl_ca_certs'
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'its certificate is for another name; ssl_check_hostname=false accepts it'
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(code)) return 'it does not speak TLS; try redis://'
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code))
    return 'it asks for a client certificate; name one with ssl_certfile and ssl_keyfile'
  return words.split('\n')[0]?.slice(0, 120) ?? code.toLowerCase()
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  // A host with several addresses fails with all of them at once.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}
