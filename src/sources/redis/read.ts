import type {Answer} from '../../snapshot/collect.ts'
import type {ReadingError} from '../../snapshot/reading.ts'
import type {RedisFacts} from '../../snapshot/redis.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {connect} from './connection.ts'
import {describe} from './endpoint.ts'
import {clusterError, refusalsInWords} from './failure.ts'
import {type ConfigFacts, factsFromInfo, noConfig, parseInfo} from './info.ts'
import type {ConnectedReach, ExecReach, RedisReach} from './reach.ts'
import {readRedisRights} from './rights.ts'

/** What Redis says of itself. Partial when it may not tell all (ACL), or when only `docker exec` leads to it. */
export async function readRedis(
  reach: RedisReach,
  signal: AbortSignal,
  /** Tells a password that everybody knows. Without it, what our own user may do is not asked. */
  isKnownDefault?: (password: string) => boolean,
): Promise<Answer<RedisFacts>> {
  try {
    return await untilAborted(
      reach.kind === 'exec' ? readByExec(reach, signal) : readConnected(reach, signal, isKnownDefault),
      signal,
    )
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw signal.aborted
      ? new SourceError('timeout', `${reach.address} stopped answering`)
      : new SourceError('refused', `${reach.address} broke off the connection`)
  }
}

async function readConnected(
  reach: ConnectedReach,
  signal: AbortSignal,
  isKnownDefault: ((password: string) => boolean) | undefined,
): Promise<Answer<RedisFacts>> {
  const {password} = reach.endpoint
  const knownDefault = password !== null && isKnownDefault?.(password) === true
  const {client, refusal, pingSeconds} = reach.connection
  const [text, config, time, asksPassword, rights] = await Promise.all([
    orNull(client.info()),
    readConfig(client),
    readClock(client),
    asksForPassword(reach, signal),
    isKnownDefault === undefined ? null : readRedisRights(client, knownDefault),
  ])
  const {route, address, database, through, endpoint} = reach
  const left = refusalsInWords([...reach.connection.refused].filter(command => reported.has(command)))
  const error: ReadingError | null =
    left === null ? null : {code: 'no-permission', message: `${address}: ${left}`}
  const facts = factsFromInfo(parseInfo(text instanceof Error ? '' : text), config)
  if (refusal?.startsWith('LOADING') === true) facts.loading.active = true
  return {
    value: {
      ...{route, address: describe(endpoint), database, pingSeconds},
      ...(through === null ? {} : {through}),
      ...facts,
      ...(refusal === null ? {} : {refusal}),
      asksPassword,
      ...(rights === null ? {} : {rights}),
      clockOffsetSeconds: time,
    },
    ...(error === null ? {} : {error}),
  }
}

async function readByExec(reach: ExecReach, signal: AbortSignal): Promise<Answer<RedisFacts>> {
  const {cli, route, address, database} = reach
  const [pingSeconds, text] = [await cli.ping(signal), await cli.info(signal)]
  const info = parseInfo(text)
  if (info.get('redis_mode') === 'cluster') throw clusterError(address)
  return {
    value: {
      ...{route, address, database, pingSeconds},
      ...factsFromInfo(info, noConfig),
      asksPassword: null,
      clockOffsetSeconds: null,
    },
    error: {code: 'exec-only', message: `Redis could only be asked by docker exec: PING, INFO and LLEN`},
  }
}

/** What only this source asks over the shared connection; what else is refused is told by whoever asked. */
const reported: ReadonlySet<string> = new Set(['INFO', 'CONFIG GET', 'TIME', 'PING'])
/** Besides, what is of use to one check alone, which says itself that it could not tell. */
export const ownCommands: ReadonlySet<string> = new Set([...reported, 'ACL', 'ACL WHOAMI', 'ACL DRYRUN'])

type Client = ConnectedReach['connection']['client']

/** A refusal is an answer, a broken connection is none. */
async function orNull<T>(reply: Promise<T>): Promise<T | Error> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return error
    throw error
  }
}

async function readConfig(client: Client): Promise<ConfigFacts> {
  const names = ['save', 'stop-writes-on-bgsave-error', 'maxclients', 'min-replicas-to-write']
  // One by one: several at once need Redis 7.
  const [save = null, stopWrites = null, maxClients = null, minReplicas = null] = await Promise.all(
    names.map(async name => {
      const reply = await orNull(client.config('GET', name) as Promise<unknown>)
      const value: unknown = Array.isArray(reply) ? reply[1] : null
      return typeof value === 'string' ? value : null
    }),
  )
  return {save, stopWrites, maxClients, minReplicas}
}

/** Redis's clock against ours, the way there and back halved; good to a few milliseconds on one machine. */
async function readClock(client: Client): Promise<number | null> {
  const asked = Date.now()
  const reply = await orNull(client.time() as Promise<unknown>)
  const ours = (asked + Date.now()) / 2000
  if (!Array.isArray(reply)) return null
  const theirs = Number(reply[0]) + Number(reply[1]) / 1e6
  return Number.isFinite(theirs) ? theirs - ours : null
}

/** Whether somebody without a password gets in: what anyone who reaches the port can do. */
async function asksForPassword(reach: ConnectedReach, signal: AbortSignal): Promise<boolean | null> {
  const {endpoint} = reach
  if (endpoint.password === null) return false
  const own = AbortSignal.any([signal, timeLimit(0.5)])
  try {
    const anonymous = await connect({...endpoint, username: null, password: null, database: 0}, own)
    anonymous.close()
    return false
  } catch (error) {
    return error instanceof SourceError && error.code === 'no-auth' ? true : null
  }
}
