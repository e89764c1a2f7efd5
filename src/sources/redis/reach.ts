import type {RedisRoute} from '../../snapshot/redis.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {type ConnectionBounds, connect, type RedisConnection} from './connection.ts'
import {describe, parseRedisUrl, type RedisEndpoint} from './endpoint.ts'
import {clusterError, redisError, sentinelError} from './failure.ts'
import {type RedisCli, redisCli} from './redis-cli.ts'
import {reachMaster} from './sentinel.ts'
import {isSentinelUrl, type Place, parseSentinelUrl, type SentinelUrl} from './sentinel-url.ts'
import {brokerOf, placesFromHere, type RedisStack, reachable, signInOf} from './stack.ts'

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
  /** How Sentinels led there: `master "hub" by Sentinel 127.0.0.1:26379`; `null` when none was asked. */
  through: string | null
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
    if (isSentinelUrl(access.url))
      return await bySentinels(parseSentinelUrl(access.url), place => [place], access, within)
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
  const broker = brokerOf(stack)
  if (broker !== null && 'sentinels' in broker) {
    const placesOf = (place: Place) => placesFromHere(stack.neighbours ?? [], place)
    const [asking, master] = [vouchedFor(broker.asking), vouchedFor(broker.master)]
    return await bySentinels({...broker, asking, master}, placesOf, access, signal)
  }
  const signIn = signInOf(broker, stack)
  if (signIn.password !== null) access.onSecret?.(signIn.password)
  const {container} = stack
  if (container === null) {
    if (broker === null)
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

async function bySentinels(
  url: SentinelUrl,
  placesOf: (place: Place) => Place[],
  {deadlineSeconds = defaultDeadlineSeconds, onSecret}: RedisAccess,
  signal: AbortSignal,
): Promise<RedisReach> {
  for (const {password} of [url.master, url.asking]) if (password !== null) onSecret?.(password)
  const {endpoint, connection, through} = await reachMaster(url, {placesOf, deadlineSeconds}, signal)
  return connectedReach(endpoint, 'url', connection, through)
}

type Way = (signal: AbortSignal) => Promise<RedisReach>

function waysTo(container: NonNullable<RedisStack['container']>, signIn: RedisEndpoint): Way[] {
  const {published, addresses, exec, port, name} = container
  const {tls} = vouchedFor(signIn)
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

/** The engine vouches for the place; the worker's certificates lie in its container. */
function vouchedFor<T extends Pick<RedisEndpoint, 'tls'>>(signIn: T): T {
  const tls = {verify: false, caPath: null, certPath: null, keyPath: null, checkName: false}
  return signIn.tls === null ? signIn : {...signIn, tls}
}

/** Redis itself has answered, or TLS has: another way would say the same. */
function isFinal(error: SourceError): boolean {
  const final = ['no-auth', 'wrong-password', 'no-permission', 'max-clients', 'unsupported', 'no-database']
  return [...final, 'cluster'].includes(error.code)
}

async function connectTo(
  endpoint: RedisEndpoint,
  route: ConnectedReach['route'],
  signal: AbortSignal,
): Promise<ConnectedReach> {
  return connectedReach(endpoint, route, await connect(endpoint, signal), null)
}

function connectedReach(
  endpoint: RedisEndpoint,
  route: ConnectedReach['route'],
  connection: RedisConnection,
  through: string | null,
): ConnectedReach {
  const address = through === null ? describe(endpoint) : `${describe(endpoint)} (${through})`
  if (connection.mode === 'cluster' || connection.mode === 'sentinel') {
    connection.close()
    throw connection.mode === 'cluster' ? clusterError(address) : sentinelError(address)
  }
  const opened = new Set<RedisConnection>([connection])
  const unfinished = new Set<Promise<unknown>>()
  let closed = false
  return {
    kind: 'connected',
    route,
    address,
    database: endpoint.database,
    connection,
    endpoint,
    through,
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
