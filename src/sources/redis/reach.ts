import type {RedisRoute} from '../../snapshot/redis.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {type ConnectionBounds, connect, type RedisConnection} from './connection.ts'
import {describe, parseRedisUrl, type RedisEndpoint} from './endpoint.ts'
import {redisError} from './failure.ts'
import {type RedisCli, redisCli} from './redis-cli.ts'
import {type RedisStack, signInOf} from './stack.ts'

export type RedisAccess = {
  /** From flags or configuration; wins over the stack. May hold a password. */
  url: string | null
  /** What the engine tells; `null` without a compose project. Not awaited when there is a `url`. */
  stack: Promise<RedisStack | null>
  /** For finding a way that answers, all tries together. */
  deadlineSeconds?: number
  /** Called with every password met, before it is used. */
  onSecret?: (secret: string) => void
}

type Common = {
  /** For people, without credentials. */
  address: string
  database: number
  /**
   * Closes everything that was opened by it, once what must still be done (taking the probe's traces away) is done
   * or half a second has passed. Never throws.
   */
  close: () => Promise<void>
}

export type AnotherConnection = ConnectionBounds & {
  /** The broker's own when absent. */
  database?: number
}

/** A connection: everything can be read. */
export type ConnectedReach = Common & {
  kind: 'connected'
  route: Exclude<RedisRoute, 'docker-exec'>
  /** The shared connection; never used for commands that block. */
  connection: RedisConnection
  /** How to sign in; holds secrets. */
  endpoint: RedisEndpoint
  /** Another connection, for commands that block or for another database; closed by `close` at the latest. */
  open: (signal: AbortSignal, another?: AnotherConnection) => Promise<RedisConnection>
  /** Makes `close` wait for work that must not be cut off. */
  finishBeforeClose: (work: Promise<unknown>) => void
}

/** `redis-cli` in the container: PING, INFO and LLEN alone. */
export type ExecReach = Common & {kind: 'exec'; route: 'docker-exec'; cli: RedisCli}

/** A Redis that answered, also when it answered LOADING or MISCONF. Whoever asked for it closes it. */
export type RedisReach = ConnectedReach | ExecReach

const defaultDeadlineSeconds = 2
const closeGraceSeconds = 0.5

/** Finds a way to Redis and takes it. Throws a `SourceError` with one of the codes of `RedisFailure`. */
export async function reachRedis(access: RedisAccess, signal: AbortSignal): Promise<RedisReach> {
  const deadline = timeLimit(access.deadlineSeconds ?? defaultDeadlineSeconds)
  const within = AbortSignal.any([signal, deadline])
  if (access.url !== null) {
    const endpoint = parseRedisUrl(access.url)
    if (endpoint.password !== null) access.onSecret?.(endpoint.password)
    return await connectTo(endpoint, 'url', within)
  }
  const stack = await stackWithin(access.stack, within)
  if (stack === null)
    throw redisError('no-address', 'no Redis URL is given and there is no stack to find it in')
  return await reachByStack(stack, access, within)
}

async function stackWithin(stack: RedisAccess['stack'], signal: AbortSignal): Promise<RedisStack | null> {
  try {
    return await untilAborted(stack, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new SourceError('timeout', 'the engine did not say in time where Redis is', 'docker')
  }
}

async function reachByStack(
  stack: RedisStack,
  access: RedisAccess,
  signal: AbortSignal,
): Promise<RedisReach> {
  const signIn = signInOf(stack)
  if (signIn.password !== null) access.onSecret?.(signIn.password)
  const {container} = stack
  if (container === null) {
    if (stack.workerEnvironment.CELERY_BROKER_URL === undefined)
      throw redisError('no-address', 'the stack has no Redis service and its workers name no broker')
    return await connectTo(signIn, 'url', signal)
  }
  if (!container.running) throw redisError('refused', `the container ${container.name} is not running`)
  const ways = waysTo(container, signIn)
  let first: SourceError | null = null
  for (const way of ways) {
    try {
      // Each way but the last leaves time for the next.
      const share = timeLimit((access.deadlineSeconds ?? defaultDeadlineSeconds) / 2)
      return await way(AbortSignal.any([signal, share]))
    } catch (error) {
      if (!(error instanceof SourceError) || isFinal(error) || signal.aborted) throw first ?? error
      first ??= error
    }
  }
  throw (
    first ??
    redisError('no-address', `no port of ${container.name} is published and no other way leads to it`)
  )
}

type Way = (signal: AbortSignal) => Promise<RedisReach>

function waysTo(container: NonNullable<RedisStack['container']>, signIn: RedisEndpoint): Way[] {
  const {published, addresses, exec, port, name} = container
  // The engine vouches for the place; the worker's certificates lie in its container.
  const tls = signIn.tls === null ? null : {verify: false, caPath: null, certPath: null, keyPath: null}
  const ways: Way[] = []
  if (published !== null)
    ways.push(signal => connectTo({...signIn, tls, place: reachable(published)}, 'published-port', signal))
  if (process.platform === 'linux')
    for (const host of addresses)
      ways.push(signal => connectTo({...signIn, tls, place: {host, port}}, 'container-address', signal))
  if (exec !== null)
    ways.push(async signal => {
      const cli = redisCli(exec, {name, port, endpoint: signIn})
      await cli.ping(signal)
      return {
        kind: 'exec',
        route: 'docker-exec',
        address: `${name} (docker exec)`,
        database: signIn.database,
        cli,
        close: async () => {},
      }
    })
  return ways
}

/** A port published on all addresses is reached on loopback. */
function reachable({host, port}: {host: string; port: number}): {host: string; port: number} {
  return {host: ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host, port}
}

/** Redis itself has answered, or TLS has: another way would say the same. */
function isFinal(error: SourceError): boolean {
  return ['no-auth', 'wrong-password', 'no-permission', 'max-clients', 'unsupported'].includes(error.code)
}

async function connectTo(
  endpoint: RedisEndpoint,
  route: ConnectedReach['route'],
  signal: AbortSignal,
): Promise<ConnectedReach> {
  const connection = await connect(endpoint, signal)
  const opened = new Set<RedisConnection>([connection])
  const unfinished = new Set<Promise<unknown>>()
  let closed = false
  return {
    kind: 'connected',
    route,
    address: describe(endpoint),
    database: endpoint.database,
    connection,
    endpoint,
    async open(openSignal, {database = endpoint.database, ...bounds} = {}) {
      const another = await connect({...endpoint, database}, openSignal, bounds)
      if (closed) another.close()
      else opened.add(another)
      return another
    },
    finishBeforeClose(work) {
      unfinished.add(work.catch(() => {}))
    },
    async close() {
      closed = true
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise<void>(resolve => {
        timer = setTimeout(resolve, closeGraceSeconds * 1000)
      })
      await Promise.race([Promise.all(unfinished), grace])
      clearTimeout(timer)
      for (const one of opened) one.close()
    },
  }
}
