import type {CeleryFacts, UnackedMessage} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import type {CeleryNames} from '../names.ts'
import {type DeliveredMessage, decodeDelivered} from './message.ts'
import {asCount, pipelined} from './messages.ts'

type Client = ConnectedReach['connection']['client']

/** Which node says that it holds or runs a task, by the task's id. */
export type Holders = {
  nodes: ReadonlyMap<string, string>
  /** Whether every connected node has named all that it holds. */
  complete: boolean
}

/** Where messages of an exchange go to: `exchange`, then routing key, then queue. */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, string>>

export type UnackedLook = {
  facts: CeleryFacts['unacked']
  /** By queue; `null` when there are more than could be looked through. */
  byQueue: ReadonlyMap<string, number> | null
}

/** Looked through, those delivered longest ago first. */
const mostEntries = 1000
const mostSampled = 200
/** Longer entries are passed over by their length. */
const mostBytesEach = 256 * 1024
const mostBytesTogether = 4 * 1024 * 1024

/** How many messages are delivered and not acknowledged, and since when. The score of an entry is when it was delivered, by the node's clock. */
export async function countUnacked(client: Client, names: CeleryNames): Promise<CeleryFacts['unacked']> {
  const [replies = []] = await pipelined(client, [names], (pipeline, {prefix}) => {
    pipeline.hlen(`${prefix}unacked`)
    pipeline.zrange(`${prefix}unacked_index`, '0', '0', 'WITHSCORES')
  })
  const oldest = Array.isArray(replies[1]) ? Number(replies[1][1] ?? Number.NaN) : Number.NaN
  return {
    messages: asCount(replies[0]),
    oldestSeconds: Number.isFinite(oldest) ? secondsSince(oldest) : null,
    sample: null,
    ownersKnown: false,
  }
}

/** Looks at the entries themselves, bounded in number and bytes, by their headers alone. What Redis refuses is `null`. */
export async function lookThroughUnacked(
  client: Client,
  names: CeleryNames,
  counted: CeleryFacts['unacked'],
  {routes, holders}: {routes: Routes; holders: Holders},
): Promise<UnackedLook> {
  if (counted.messages === 0)
    return {facts: {...counted, sample: [], ownersKnown: holders.complete}, byQueue: new Map()}
  const delivered = await readIndex(client, names)
  if (delivered === null) return {facts: counted, byQueue: null}
  const entries = await readEntries(client, names, delivered)
  const sample: UnackedMessage[] = []
  const byQueue = new Map<string, number>()
  for (const {entry, at} of entries) {
    const queue = queueFor(entry, routes)
    if (queue !== null) byQueue.set(queue, (byQueue.get(queue) ?? 0) + 1)
    if (sample.length < mostSampled)
      sample.push({
        id: entry.id,
        task: entry.task,
        queue,
        deliveredSeconds: secondsSince(at),
        eta: entry.eta,
        owner: entry.id === null ? null : (holders.nodes.get(entry.id) ?? null),
      })
  }
  const whole = counted.messages !== null && entries.length >= counted.messages
  return {
    facts: {...counted, sample, ownersKnown: holders.complete},
    byQueue: whole ? byQueue : null,
  }
}

type Delivered = {tag: string; at: number}

async function readIndex(client: Client, {prefix}: CeleryNames): Promise<Delivered[] | null> {
  const [replies] = await pipelined(client, [prefix], pipeline =>
    pipeline.zrange(`${prefix}unacked_index`, '0', String(mostEntries - 1), 'WITHSCORES'),
  )
  const flat: unknown = replies?.[0]
  if (!Array.isArray(flat)) return null
  return Array.from({length: Math.floor(flat.length / 2)}, (_, place) => ({
    tag: String(flat[2 * place]),
    at: Number(flat[2 * place + 1]),
  }))
}

/** Entries that are gone by now, too long or no messages are left out. */
async function readEntries(
  client: Client,
  {prefix}: CeleryNames,
  delivered: readonly Delivered[],
): Promise<{entry: DeliveredMessage; at: number}[]> {
  const key = `${prefix}unacked`
  const lengths = await pipelined(client, delivered, (pipeline, {tag}) => pipeline.hstrlen(key, tag))
  let room = mostBytesTogether
  const fitting = delivered.filter((_, place) => {
    const length = asCount(lengths[place]?.[0]) ?? 0
    if (length === 0 || length > mostBytesEach || length > room) return false
    room -= length
    return true
  })
  if (fitting.length === 0) return []
  const [replies] = await pipelined(client, [fitting], (pipeline, these) =>
    pipeline.hmgetBuffer(key, ...these.map(({tag}) => tag)),
  )
  const values: unknown = replies?.[0]
  if (!Array.isArray(values)) return []
  return fitting.flatMap(({at}, place) => {
    const value: unknown = values[place]
    const entry = Buffer.isBuffer(value) ? decodeDelivered(value) : null
    return entry === null ? [] : [{entry, at}]
  })
}

/** The default exchange delivers to the queue of the routing key's name. */
function queueFor({exchange, routingKey}: DeliveredMessage, routes: Routes): string | null {
  if (routingKey === null) return null
  return routes.get(exchange ?? '')?.get(routingKey) ?? routingKey
}

function secondsSince(epochSeconds: number): number {
  return Math.max(0, Date.now() / 1000 - epochSeconds)
}
