import {readFile} from 'node:fs/promises'
import type {ConnectionOptions} from 'node:tls'
import type {Redis, RedisOptions} from 'ioredis'
import type {SourceError} from '../../snapshot/source-error.ts'
import {describe, type RedisEndpoint, type RedisTls} from './endpoint.ts'
import {explain, isReadableRefusal, redisError, refusedCommand} from './failure.ts'
import {speaksTheOther} from './other-protocol.ts'

/** More than this from one connection is no answer to anything that a look asks. */
const usualMostBytes = 32 * 1024 * 1024
/** A Redis that is frozen, or a network that swallows everything, is given up then, whoever waits. */
const usualSilenceSeconds = 30
/** A Redis that does not speak TLS may swallow our greeting and wait for more. */
const handshakeSeconds = 1

/** One connection, signed in, on its database. Bounded in bytes; never reconnects. */
export type RedisConnection = {
  client: Redis
  /** Redis's own words when it answered PING with a refusal: `LOADING …`, `MISCONF …`. */
  refusal: string | null
  pingSeconds: number
  /** Commands that this user was refused so far: `INFO`, `MEMORY USAGE`; grows while it is used. */
  refused: ReadonlySet<string>
  /** `standalone`, `cluster` or `sentinel`; `null` when this user may not know. */
  mode: string | null
  /** At once: what is pending fails. */
  close: () => void
}

export type ConnectionBounds = {
  /** What may come in over the connection in its whole life; 32 MB when absent. Whoever gathers or copies says more. */
  mostBytes?: number
  /** How long an answer is waited for while nothing at all comes in; 30 when absent. */
  silenceSeconds?: number
  /** Says PING and asks nothing else, so that nothing is refused to a user who may say no more; `mode` is `null` then. */
  pingOnly?: boolean
}

/**
 * Connects, signs in, selects the database and pings, until the signal aborts.
 * Throws a `SourceError` with one of the codes of `RedisFailure`; its message shows no credentials.
 */
export async function connect(
  endpoint: RedisEndpoint,
  signal: AbortSignal,
  {mostBytes = usualMostBytes, silenceSeconds = usualSilenceSeconds, pingOnly = false}: ConnectionBounds = {},
): Promise<RedisConnection> {
  const address = describe(endpoint)
  const options = {...(await optionsFor(endpoint)), socketTimeout: silenceSeconds * 1000}
  const {Redis: Client} = await import('ioredis')
  const client = new Client(options)
  const refused = noteRefusals(client)
  let cause: unknown
  let connected = false
  const close = () => {
    client.disconnect()
    // A frozen peer would hold the socket, and with it the process, for seconds.
    client.stream?.destroy()
  }
  client.on('error', error => {
    cause ??= error
  })
  client.on('connect', () => {
    connected = true
    boundBytes(client, mostBytes, () => {
      cause ??= redisError(
        'not-redis',
        `${address} sent more than ${Math.round(mostBytes / 1024 / 1024)} MB, more than was asked for`,
      )
      close()
    })
  })
  signal.addEventListener('abort', close)
  try {
    signal.throwIfAborted()
    await client.connect()
    return {client, refused, ...(await signIn(client, endpoint, pingOnly)), close}
  } catch (error) {
    close()
    if (signal.aborted) throw late(address, connected)
    throw await reasonFor(endpoint, cause ?? error, address)
  } finally {
    signal.removeEventListener('abort', close)
  }
}

async function optionsFor({place, tls}: RedisEndpoint): Promise<Omit<RedisOptions, 'replyMapping'>> {
  return {
    ...('path' in place ? {path: place.path} : {host: place.host, port: place.port}),
    ...(tls === null ? {} : {tls: await tlsOptions(tls, 'host' in place ? place.host : null)}),
    connectTimeout: tls === null ? 0 : handshakeSeconds * 1000,
    lazyConnect: true,
    // Signing in is done by hand below: each refusal has a reason of its own.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    keepAlive: 5000,
    // Its timer is not always taken away and would hold the process for two seconds.
    disconnectTimeout: 10,
  }
}

async function tlsOptions(tls: RedisTls, host: string | null): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all(
    [tls.caPath, tls.certPath, tls.keyPath].map(path => (path === null ? null : readPem(path))),
  )
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.checkName ? {} : {checkServerIdentity: () => undefined}),
    ...(host !== null && /[a-z]/i.test(host) && !host.includes(':') ? {servername: host} : {}),
    ...(ca == null ? {} : {ca}),
    ...(cert == null ? {} : {cert}),
    ...(key == null ? {} : {key}),
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch {
    throw redisError('tls-mismatch', `${path}, which the Redis URL names for TLS, cannot be read`)
  }
}

/** Whoever asks goes on without; that something was not told is said once, from here. */
function noteRefusals(client: Redis): Set<string> {
  const refused = new Set<string>()
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, stream) => {
    command.promise.catch((error: unknown) => {
      const word = error instanceof Error ? refusedCommand(error.message, command.name) : null
      if (word !== null) refused.add(word)
    })
    return send(command, stream)
  }
  return refused
}

function boundBytes(client: Redis, mostBytes: number, stop: () => void): void {
  let bytes = 0
  client.stream.prependListener('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostBytes) stop()
  })
}

async function signIn(
  client: Redis,
  {username, password, database}: RedisEndpoint,
  pingOnly: boolean,
): Promise<Pick<RedisConnection, 'refusal' | 'pingSeconds' | 'mode'>> {
  if (password !== null)
    await (username === null ? client.call('AUTH', password) : client.call('AUTH', username, password))
  if (database !== 0) await client.select(database)
  const start = performance.now()
  // In one write: a second one to a peer that has hung up would hide what it said.
  client.stream.cork()
  const pinged = client.ping().catch((error: Error) => error)
  const told = pingOnly ? '' : client.info('server').catch(() => '')
  client.stream.uncork()
  const answer = await pinged
  const pingSeconds = (performance.now() - start) / 1000
  const refused = answer instanceof Error && isReadableRefusal(answer.message)
  if (answer !== 'PONG' && !refused)
    throw answer instanceof Error ? answer : new Error('an answer to PING that is not PONG')
  const mode = /^(?:redis|server)_mode:(\w+)/m.exec(await told)?.[1] ?? null
  return {refusal: refused ? answer.message : null, pingSeconds, mode}
}

async function reasonFor(endpoint: RedisEndpoint, cause: unknown, address: string): Promise<SourceError> {
  const reason = explain(cause, address)
  // Since TLS 1.3 the refusal comes after the handshake, and the hang-up may overtake it.
  if (isHangUp(cause) && endpoint.tls !== null && endpoint.tls.certPath === null)
    return redisError(
      'tls-mismatch',
      `${address} hung up right after the handshake: where it asks for a client certificate, name one with ssl_certfile and ssl_keyfile`,
    )
  const mayBeTheOther = ['not-redis', 'refused', 'timeout', 'tls-mismatch'].includes(reason.code)
  if (!mayBeTheOther || isSystemRefusal(cause) || !(await speaksTheOther(endpoint))) return reason
  return redisError(
    'tls-mismatch',
    endpoint.tls === null
      ? `${address} speaks TLS and was asked without: use rediss://`
      : `${address} does not speak TLS: use redis://`,
  )
}

function isHangUp(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  return 'code' in cause
    ? cause.code === 'ECONNRESET' || cause.code === 'EPIPE'
    : /connection is closed/i.test(cause.message)
}

/** Nothing listens: no second look needed. */
function isSystemRefusal(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

function late(address: string, connected: boolean): SourceError {
  return redisError(
    'timeout',
    connected
      ? `${address} accepts connections and never answers`
      : `${address} did not accept the connection in time`,
  )
}
