import type {Node, Queue} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {bindingsOf, type CeleryNames, exchangesIn, isEvents, isMailbox, listsOf, queueOf} from '../names.ts'
import {isAside} from './aside.ts'
import {isReplyList} from './reply-lists.ts'
import type {Routes} from './unacked.ts'

type Client = ConnectedReach['connection']['client']

const scanSeconds = 0.3
const scanCount = 1000
/** More are no hub but a mistake; bounds what is asked and kept. */
const mostQueues = 1000

/** One look through all keys for `_kombu.binding.<exchange>`, `<oid>.reply.<control exchange>.pidbox` and what of ours lies aside. */
const scanPattern = '*[_.][kr][oe][mp][bl][uy].*'
const mostReplyLists = 20_000

/** Keys of all bindings, lists that replies lie in, lists of ours, and whether all keys could be looked through in the time there is. */
export async function findBindings(
  client: Client,
): Promise<{keys: string[]; replyLists: string[]; aside: string[]; complete: boolean}> {
  const end = performance.now() + scanSeconds * 1000
  const keys = new Set<string>()
  const replyLists = new Set<string>()
  const aside = new Set<string>()
  let cursor = '0'
  let complete = false
  do {
    const batch = await unlessForbidden(client.scan(cursor, 'MATCH', scanPattern, 'COUNT', scanCount))
    if (batch === null) break
    const [next, found] = batch
    for (const key of found)
      if (isReplyList(key)) {
        if (replyLists.size < mostReplyLists) replyLists.add(key)
      } else if (key.includes('_kombu.binding.')) keys.add(key)
      else if (isAside(key)) aside.add(key)
    cursor = next
    complete = next === '0'
  } while (!complete && performance.now() < end)
  return {keys: [...keys].sort(), replyLists: [...replyLists], aside: [...aside], complete}
}

/** A command that this user may not give, or that does not fit what stands under the key, tells nothing. */
export async function unlessForbidden<T>(reply: Promise<T>): Promise<T | null> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|WRONGTYPE)\b/.test(error.message)) return null
    throw error
  }
}

/** Queues that something was ever bound to, whether anybody consumes them or not, and what is routed to them. */
export async function boundQueues(
  client: Client,
  names: CeleryNames,
  keys: readonly string[],
): Promise<{queues: string[]; routes: Routes}> {
  const exchanges = exchangesIn(keys, names.prefix)
    .filter(name => !isMailbox(name) && !isEvents(name))
    .slice(0, mostQueues)
  const bindings = await Promise.all(
    exchanges.map(
      async exchange => (await unlessForbidden(client.smembers(bindingsOf(names, exchange)))) ?? [],
    ),
  )
  const routes = new Map<string, Map<string, string>>()
  const queues = new Set<string>()
  for (const [place, exchange] of exchanges.entries()) {
    const byKey = new Map<string, string>()
    for (const binding of bindings[place] ?? []) {
      const queue = queueOf(binding, names.separator)
      if (queue === null || isMailbox(queue) || isEvents(queue)) continue
      queues.add(queue)
      byKey.set(binding.split(names.separator)[0] ?? '', queue)
    }
    routes.set(exchange, byKey)
  }
  return {queues: [...queues], routes}
}

/** Names of all queues: bound ones, and those that the nodes say they consume. */
export function allQueues(bound: readonly string[], nodes: readonly Node[]): string[] {
  const consumed = nodes.flatMap(node => node.queues ?? [])
  return [...new Set([...bound, ...consumed])].sort().slice(0, mostQueues)
}

/** Which nodes consume a queue; `null` when no node told, or one that could not be read may be the one. */
export function consumersOf(queue: string, nodes: readonly Node[], unreadable: number): string[] | null {
  const telling = nodes.filter(node => node.queues !== null)
  if (telling.length === 0) return null
  const consumers = [...new Set(telling.filter(node => node.queues?.includes(queue)).map(node => node.name))]
  return consumers.length === 0 && unreadable > 0 ? null : consumers
}

/** Depth of each queue, by the lengths of its lists. */
export async function readQueues(
  llen: (key: string) => Promise<number>,
  names: CeleryNames,
  queues: readonly string[],
  steps: readonly number[],
): Promise<Pick<Queue, 'name' | 'ready' | 'byPriority'>[]> {
  return await Promise.all(
    queues.map(async name => {
      const lengths = await Promise.all(
        listsOf(names, name, steps).map(async ([step, key]) => [step, await llen(key)] as const),
      )
      return {
        name,
        ready: lengths.reduce((sum, [, length]) => sum + length, 0),
        byPriority: Object.fromEntries(lengths),
      }
    }),
  )
}
