import {SourceError} from '../../snapshot/source-error.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {connect, type RedisConnection} from './connection.ts'
import {describe, describePlace, type RedisEndpoint} from './endpoint.ts'
import {explain, type RedisFailure, redisError} from './failure.ts'
import type {Place, SentinelUrl} from './sentinel-url.ts'

export type Master = {
  endpoint: RedisEndpoint
  connection: RedisConnection
  /** For people: `master "hub" by Sentinel 127.0.0.1:26379`. */
  through: string
}

export type Surroundings = {
  /** Where a place that a Sentinel or a URL names is reached from here, the best first. */
  placesOf: (place: Place) => Place[]
  /** For all tries together. */
  deadlineSeconds: number
}

/**
 * Asks the Sentinels in order where the master is, and connects to it when it says itself that it is one.
 * ioredis can do this, but tells one reason for all Sentinels, does not look at what they think of the master, and has
 * no bound for each: with `connect` it is less than what would be around it.
 * Throws a `SourceError` with one of the codes of `RedisFailure`.
 */
export async function reachMaster(
  url: SentinelUrl,
  {placesOf, deadlineSeconds}: Surroundings,
  signal: AbortSignal,
): Promise<Master> {
  const failures: SourceError[] = []
  const end = performance.now() + deadlineSeconds * 1000
  const share = (parts: number) =>
    AbortSignal.any([signal, timeLimit(Math.max(end - performance.now(), 1) / 1000 / parts)])
  const tried = new Set<string>()
  for (const [at, sentinel] of url.sentinels.entries()) {
    const left = url.sentinels.length - at
    const place = describePlace(sentinel)
    try {
      const known = await inTurn(placesOf(sentinel), asked =>
        mastersKnownTo({...url.asking, place: asked}, share(left + 1)),
      )
      const {name, ...master} = choose(known, url.masterName, place)
      const through = `master "${name}" by Sentinel ${place}`
      // Another Sentinel that says the same does not make it reachable.
      if (tried.has(describePlace(master))) continue
      tried.add(describePlace(master))
      if (isOwnMachine(master.host) && !isOwnMachine(sentinel.host) && placesOf(sentinel)[0] === sentinel)
        throw redisError(
          'master-unreachable',
          `Sentinel ${place} names ${describePlace(master)} as the master "${name}": an address of its own machine alone`,
        )
      return await inTurn(placesOf(master), reached =>
        connectTo({...url.master, place: reached}, through, share(left === 1 ? 1 : 2)),
      )
    } catch (error) {
      if (!(error instanceof SourceError) || isFinal(error)) throw error
      failures.push(error)
      if (signal.aborted) break
    }
  }
  throw worst(failures, url.sentinels.length)
}

type KnownMaster = Place & {name: string; flags: string[]}

async function mastersKnownTo(sentinel: RedisEndpoint, signal: AbortSignal): Promise<KnownMaster[]> {
  const place = describe(sentinel).replace(/\/\d+$/, '')
  const {client, close} = await connect(sentinel, signal).catch((error: unknown) => {
    if (!(error instanceof SourceError)) throw error
    const words = error.message.replace(`${place}/0`, place)
    const code = ['no-auth', 'wrong-password', 'tls-mismatch'].find(known => known === error.code)
    throw code === undefined
      ? redisError('no-sentinel', words)
      : redisError(code as RedisFailure, `Sentinel ${words}`)
  })
  try {
    const answer: unknown = await untilAborted(client.call('SENTINEL', 'MASTERS'), signal)
    return Array.isArray(answer) ? answer.flatMap(masterFrom) : []
  } catch (error) {
    if (signal.aborted) throw redisError('no-sentinel', `${place} stopped answering`)
    const words = error instanceof Error ? error.message : String(error)
    throw /^ERR unknown command/i.test(words)
      ? redisError('no-sentinel', `${place} is a Redis, not a Sentinel: use redis://${place}`)
      : explain(error, `Sentinel ${place}`)
  } finally {
    close()
  }
}

/** One entry of SENTINEL MASTERS: names and values in turn. */
function masterFrom(entry: unknown): KnownMaster[] {
  if (!Array.isArray(entry)) return []
  const fields = new Map<string, string>()
  for (let at = 0; at + 1 < entry.length; at += 2) fields.set(String(entry[at]), String(entry[at + 1]))
  const [name, host, port] = [fields.get('name'), fields.get('ip'), Number(fields.get('port'))]
  if (name === undefined || !host || !Number.isInteger(port) || port < 1 || port > 65535) return []
  return [{name, host, port, flags: (fields.get('flags') ?? '').split(',')}]
}

function choose(known: readonly KnownMaster[], wanted: string | null, sentinel: string): KnownMaster {
  const names = known.map(({name}) => `"${name}"`).join(', ')
  const [only] = known
  if (wanted === null && known.length > 1)
    throw redisError(
      'unknown-master',
      `Sentinel ${sentinel} watches several masters: say which with ?master_name= (${names})`,
    )
  const found = wanted === null ? only : known.find(({name}) => name === wanted)
  if (found === undefined)
    throw redisError(
      'unknown-master',
      wanted === null
        ? `Sentinel ${sentinel} watches no master`
        : `Sentinel ${sentinel} knows no master "${wanted}", ${names === '' ? 'nor any other' : `only ${names}`}`,
    )
  // Celery's own client takes none that a Sentinel holds for down.
  if (found.flags.some(flag => ['s_down', 'o_down'].includes(flag)))
    throw redisError(
      'master-down',
      `Sentinel ${sentinel} says that the master "${found.name}" at ${describePlace(found)} is down`,
    )
  return found
}

async function connectTo(endpoint: RedisEndpoint, through: string, signal: AbortSignal): Promise<Master> {
  const address = `${describe(endpoint)}, ${through}`
  const connection = await connect(endpoint, signal).catch((error: unknown) => {
    if (!(error instanceof SourceError)) throw error
    const unreachable = ['refused', 'timeout', 'name-not-found', 'not-redis'].includes(error.code)
    throw unreachable
      ? redisError('master-unreachable', `${error.message}: it is the ${through}`)
      : redisError(error.code as RedisFailure, `${error.message} (${through})`)
  })
  if ((await roleOf(connection, signal).catch(() => null)) !== 'slave') return {endpoint, connection, through}
  connection.close()
  throw redisError(
    'master-down',
    `${address}, says that it is a replica: a failover is under way, or the Sentinels have not seen it yet`,
  )
}

/** `null` when this user may not know. */
async function roleOf({client}: RedisConnection, signal: AbortSignal): Promise<string | null> {
  const answer: unknown = await untilAborted(client.call('ROLE'), signal)
  return Array.isArray(answer) ? String(answer[0]) : null
}

/** The first place that lets itself be used; else what the first said. */
async function inTurn<T>(places: readonly Place[], use: (place: Place) => Promise<T>): Promise<T> {
  let first: unknown
  for (const place of places)
    try {
      return await use(place)
    } catch (error) {
      first ??= error
    }
  throw first
}

/** Asking another Sentinel would lead to the same. */
function isFinal({code}: SourceError): boolean {
  return ['no-permission', 'max-clients', 'unsupported', 'no-database', 'cluster'].includes(code)
}

/** What is nearest to the end of the way is what stands in it; reasons of the same kind are told together. */
function worst(failures: readonly SourceError[], sentinels: number): SourceError {
  const order: RedisFailure[] = ['master-unreachable', 'master-down', 'wrong-password', 'no-auth']
  const nearest = [...order, 'unknown-master', 'tls-mismatch'].find(code =>
    failures.some(failure => failure.code === code),
  )
  const same = failures.filter(({code}) => code === (nearest ?? 'no-sentinel'))
  const words = [...new Set(same.map(({message}) => message))].join('; ')
  const all = sentinels === 1 ? 'the Sentinel does not answer' : `none of ${sentinels} Sentinels answers`
  return nearest === undefined
    ? redisError('no-sentinel', `${all}: ${words}`)
    : redisError(nearest as RedisFailure, words)
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
