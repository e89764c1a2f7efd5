import {HubError} from '../errors/hub-error.ts'
import type {StoreNames} from '../history/store.ts'
import {usualPrefix} from '../history/store.ts'
import type {Reader} from '../snapshot/collect.ts'
import type {HistoryFacts} from '../snapshot/history.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {becauseOfRedis} from '../sources/celery/read.ts'
import {type ConnectedReach, type RedisReach, reachRedis} from '../sources/redis/reach.ts'
import type {Context} from './context.ts'

/** A span of time, in epoch seconds. */
export type Window = {from: number; to: number}

/** Where the history of a hub is kept: with its broker, or where the configuration says. */
export function historyNames({settings}: Pick<Context, 'settings'>, database: number): StoreNames {
  return {prefix: usualPrefix, place: settings.history.value.name ?? String(database)}
}

/** A way to the Redis that history is kept in, and the names of its keys there. */
export type Store = {client: ConnectedReach['connection']['client']; names: StoreNames}

/**
 * Hands the store over until `use` is done. Throws a `SourceError`: `no-history` where none has ever written, `exec-only` where only
 * `docker exec` leads to Redis, `timeout` when `within` aborts. What `use` has to say by a `HubError` stands.
 */
export async function withStore<T>(
  context: Context,
  reachBroker: (within: AbortSignal) => Promise<RedisReach>,
  within: AbortSignal,
  use: (store: Store) => Promise<T>,
  {shared = false} = {},
): Promise<T> {
  const {store, name, mostBytes} = context.settings.history.value
  // The broker's database names the history, wherever that is kept.
  const broker = store === null || name === null ? await becauseOfRedis(reachBroker(within)) : null
  const own = store === null ? null : await reachRedis({url: store, stack: Promise.resolve(null)}, within)
  try {
    const reach = own ?? broker
    if (reach?.kind !== 'connected')
      throw new SourceError(
        'exec-only',
        'only docker exec leads to Redis: history cannot be read that way; publish its port on loopback',
        'redis',
      )
    const {hasHistory} = await import('../history/read.ts')
    // Of its own, because what a look may bring in over the shared one is less than a history may hold; the latest stretch is little.
    const {client, close} = shared ? reach.connection : await reach.open(within, {mostBytes})
    try {
      const names = historyNames(context, broker?.database ?? 0)
      if (!(await hasHistory(client, names)))
        throw new SourceError('no-history', 'no recorder has ever written here: hub-mon record starts one')
      return await use({client, names})
    } finally {
      if (!shared) close()
    }
  } catch (error) {
    if (within.aborted) throw new SourceError('timeout', 'the history could not be read in time')
    if (error instanceof SourceError || error instanceof HubError) throw error
    throw new SourceError('unreadable', `the history cannot be read: ${(error as Error).message}`)
  } finally {
    await own?.close()
  }
}

/** Reads what a recorder wrote of a window, or of the latest stretch where none is asked for. Unavailable for the reasons of `withStore`. */
export function historyReader(
  context: Context,
  reachBroker: (within: AbortSignal) => Promise<RedisReach>,
  asked: Window | undefined,
): Reader<HistoryFacts> {
  const {buckets, windowSeconds} = context.settings.history.value
  const alongside = asked === undefined
  return within =>
    withStore(
      context,
      reachBroker,
      within,
      async ({client, names}) => {
        const {readHistory} = await import('../history/read.ts')
        const now = Date.now() / 1000
        const window = asked ?? {from: now - windowSeconds, to: now}
        return {value: await readHistory(client, names, {window, now, resolutions: buckets, alongside})}
      },
      {shared: alongside},
    )
}
