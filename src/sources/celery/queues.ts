import type {CeleryFacts, Node, Queue} from '../../snapshot/celery.ts'
import type {ConnectedReach} from '../redis/reach.ts'
import {
  bindingPattern,
  bindingsOf,
  type CeleryNames,
  exchangesIn,
  isEvents,
  isMailbox,
  listsOf,
  mailboxOf,
  nodeOf,
  prioritySteps,
  queueOf,
  separator,
} from './names.ts'

type Client = ConnectedReach['connection']['client']

const scanSeconds = 0.3
const scanCount = 1000
/** More are no hub but a mistake; bounds what is asked and kept. */
const mostQueues = 1000

/** Keys of all bindings, and whether all keys could be looked through in the time there is. */
export async function findBindings(client: Client): Promise<{keys: string[]; complete: boolean}> {
  const end = performance.now() + scanSeconds * 1000
  const keys = new Set<string>()
  let cursor = '0'
  let complete = false
  do {
    const batch = await unlessForbidden(client.scan(cursor, 'MATCH', bindingPattern, 'COUNT', scanCount))
    if (batch === null) break
    const [next, found] = batch
    for (const key of found) keys.add(key)
    cursor = next
    complete = next === '0'
  } while (!complete && performance.now() < end)
  return {keys: [...keys].sort(), complete}
}

/** A command that this user may not give, or that does not fit what stands under the key, tells nothing. */
async function unlessForbidden<T>(reply: Promise<T>): Promise<T | null> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|WRONGTYPE)\b/.test(error.message)) return null
    throw error
  }
}

/** Nodes that have said who they are and have not said goodbye. */
export async function knownNodes(client: Client, names: CeleryNames): Promise<string[]> {
  const bindings = (await unlessForbidden(client.smembers(bindingsOf(names, mailboxOf(names))))) ?? []
  return [...new Set(bindings.flatMap(binding => nodeOf(binding, names) ?? []))].sort()
}

/** Queues that something was ever bound to, whether anybody consumes them or not. */
export async function boundQueues(
  client: Client,
  names: CeleryNames,
  keys: readonly string[],
): Promise<string[]> {
  const exchanges = exchangesIn(keys, names.prefix).filter(name => !isMailbox(name) && !isEvents(name))
  const bindings = await Promise.all(
    exchanges
      .slice(0, mostQueues)
      .map(async exchange => (await unlessForbidden(client.smembers(bindingsOf(names, exchange)))) ?? []),
  )
  const queues = bindings.flat().flatMap(binding => queueOf(binding) ?? [])
  return [...new Set(queues)].filter(queue => !isMailbox(queue) && !isEvents(queue))
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
  options: {steps: readonly number[] | null; separator: string | null},
): Promise<Pick<Queue, 'name' | 'ready' | 'byPriority'>[]> {
  const steps = options.steps ?? prioritySteps
  return await Promise.all(
    queues.map(async name => {
      const lengths = await Promise.all(
        listsOf(names, name, steps, options.separator ?? separator).map(
          async ([step, key]) => [step, await llen(key)] as const,
        ),
      )
      return {
        name,
        ready: lengths.reduce((sum, [, length]) => sum + length, 0),
        byPriority: Object.fromEntries(lengths),
      }
    }),
  )
}

/** Messages delivered and not acknowledged. The score of an entry is when it was delivered, by the node's clock. */
export async function readUnacked(client: Client, names: CeleryNames): Promise<CeleryFacts['unacked']> {
  const [messages, oldest] = await Promise.all([
    unlessForbidden(client.hlen(`${names.prefix}unacked`)),
    unlessForbidden(client.zrange(`${names.prefix}unacked_index`, '0', '0', 'WITHSCORES')),
  ])
  const delivered = Number(oldest?.[1] ?? Number.NaN)
  return {
    messages,
    oldestSeconds: Number.isFinite(delivered) ? Math.max(0, Date.now() / 1000 - delivered) : null,
    sample: null,
    ownersKnown: false,
  }
}
