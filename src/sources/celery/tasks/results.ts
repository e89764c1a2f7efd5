import type {CeleryFacts, ResultsFacts} from '../../../snapshot/celery.ts'
import type {Answer} from '../../../snapshot/collect.ts'
import {SourceError} from '../../../snapshot/source-error.ts'
import type {ConnectedReach, RedisReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {decodeResult, type ResultsSample, type StoredResult, tally} from './outcome.ts'

const pattern = '*celery-task-meta-*'
const mostResults = 2000
const mostSeconds = 0.3
const scanCount = 1000
/** A result of this size is somebody's data, not an outcome to count. */
const mostBytesEach = 100_000
const mostBytes = 16 * 1024 * 1024
const batch = 200
const mostExpiries = 100

type Client = ConnectedReach['connection']['client']

/** Counts of what stands in the result backend, as far as `sampleResults` looks. */
export async function readResults(
  reach: RedisReach,
  celery: CeleryFacts | null,
  signal: AbortSignal,
): Promise<Answer<ResultsFacts>> {
  return {value: tally(await sampleResults(reach, celery, signal))}
}

/**
 * A bounded look into the result backend: at most 2,000 results or 0.3 s. Throws a `SourceError`:
 * `no-result-backend`, `results-elsewhere` (not in this Redis), `exec-only`.
 */
export async function sampleResults(
  reach: RedisReach,
  celery: CeleryFacts | null,
  signal: AbortSignal,
): Promise<ResultsSample> {
  if (reach.kind === 'exec')
    throw new SourceError('exec-only', 'only docker exec leads to Redis: results cannot be read', 'redis')
  try {
    return await readFirst(reach, databasesOf(celery, reach.database), signal)
  } catch (error) {
    if (error instanceof SourceError) throw error
    const words = error instanceof Error ? error.message : String(error)
    throw signal.aborted
      ? new SourceError('timeout', `${reach.address} stopped answering`, 'redis')
      : new SourceError(
          words.startsWith('NOPERM') ? 'no-permission' : 'refused',
          `${reach.address} does not let results be read: ${words}`,
        )
  }
}

/** The first database that has results; what is found in the first one when none has. */
async function readFirst(
  reach: ConnectedReach,
  databases: readonly number[],
  signal: AbortSignal,
): Promise<ResultsSample> {
  let empty: ResultsSample | null = null
  for (const database of databases) {
    const connection = await reach.open(signal, {database})
    try {
      const {keys, ...found} = await untilAborted(readSample(connection.client), signal)
      const expiry = await untilAborted(expiryOf(connection.client, keys), signal)
      const sample = {...found, database, expiry}
      if (sample.results.length > 0 || !sample.complete) return sample
      empty ??= sample
    } finally {
      connection.close()
    }
  }
  if (empty === null) throw new SourceError('no-result-backend', 'the nodes keep no results')
  return empty
}

/** Whether results go by themselves: the time to live of the first 100 keys. */
async function expiryOf(client: Client, keys: readonly string[]): Promise<ResultsFacts['expiry']> {
  try {
    const lives = await Promise.all(keys.slice(0, mostExpiries).map(key => client.ttl(key)))
    // -2 is a result that has gone meanwhile.
    const there = lives.filter(seconds => seconds !== -2)
    return {looked: there.length, withoutExpiry: there.filter(seconds => seconds === -1).length}
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return null
    throw error
  }
}

/** Where the nodes keep results, as far as that is in this Redis; without their word, the usual places. */
export function databasesOf(celery: CeleryFacts | null, broker: number): number[] {
  const told = (celery?.nodes ?? []).filter(node => node.conf !== null)
  if (told.length === 0) return broker === 1 ? [1] : [broker, 1]
  const backends = told.flatMap(node => {
    const backend = node.conf?.resultBackend ?? null
    return backend === null || /^disabled/.test(backend) ? [] : [{backend, broker: node.broker ?? null}]
  })
  if (backends.length === 0) throw new SourceError('no-result-backend', 'the nodes keep no results')
  const here = backends.flatMap(each => databaseIfHere(each.backend, each.broker) ?? [])
  if (here.length === 0)
    throw new SourceError(
      'results-elsewhere',
      `the nodes keep their results elsewhere: ${backends[0]?.backend}`,
    )
  return [...new Set(here)]
}

/** Database number of a result backend that is the node's own broker. */
function databaseIfHere(backend: string, broker: string | null): number | null {
  const url = URL.canParse(backend) ? new URL(backend) : null
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) return null
  const place = `${url.hostname || 'localhost'}:${url.port || 6379}`
  if (broker !== null && place !== broker.slice(0, broker.lastIndexOf('/'))) return null
  const database = Number(url.pathname.slice(1))
  return Number.isInteger(database) ? database : 0
}

/** Also the keys, in the order that SCAN gave them, which is none. */
async function readSample(
  client: Client,
): Promise<{results: StoredResult[]; complete: boolean; keys: string[]}> {
  const end = performance.now() + mostSeconds * 1000
  const seen = new Set<string>()
  const results: StoredResult[] = []
  let bytes = 0
  let skipped = false
  let cursor = '0'
  const hasRoom = () => seen.size < mostResults && bytes < mostBytes && performance.now() < end
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', scanCount)
    const fresh = found.filter(key => !seen.has(key))
    cursor = next
    for (let from = 0; from < fresh.length; from += batch) {
      if (!hasRoom()) return {results, complete: false, keys: [...seen]}
      const keys = fresh.slice(from, from + Math.min(batch, mostResults - seen.size))
      for (const key of keys) seen.add(key)
      const {values, length, all} = await readBatch(client, keys)
      bytes += length
      skipped ||= !all
      for (const value of values) {
        const result = decodeResult(value)
        if (result !== null) results.push(result)
      }
      if (keys.length < Math.min(batch, fresh.length - from))
        return {results, complete: false, keys: [...seen]}
    }
  } while (cursor !== '0' && hasRoom())
  return {results, complete: cursor === '0' && !skipped, keys: [...seen]}
}

/** Values of a batch without the overlong ones. */
async function readBatch(
  client: Client,
  keys: readonly string[],
): Promise<{values: string[]; length: number; all: boolean}> {
  const lengths = await Promise.all(keys.map(key => client.strlen(key).catch(() => 0)))
  const short = keys.filter((_, index) => (lengths[index] ?? 0) > 0 && (lengths[index] ?? 0) <= mostBytesEach)
  if (short.length === 0) return {values: [], length: 0, all: keys.length === 0}
  const values = await client.mget(short)
  return {
    values: values.filter(value => value !== null),
    length: lengths.reduce((sum, length) => sum + Math.min(length, mostBytesEach), 0),
    all: short.length === keys.length,
  }
}
