import type {WaitingMessage, WaitingSample} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {decodeHeaders, type MessageHeaders} from './message.ts'

type Client = ConnectedReach['connection']['client']

/** One of the lists that a queue's messages lie in. */
export type QueueList = {step: number; key: string}
export type ListedQueue = {name: string; lists: readonly QueueList[]}

/** A list as it was at one moment, with what was read of it. */
export type ListLook = QueueList & {
  length: number
  /** All of it, newest first; else its newest and its oldest, as many as fitted. */
  messages: Buffer[]
  /** Whether `messages` begins with the newest one. */
  fromNewest: boolean
}

export type QueueLook = {name: string; lists: ListLook[]; averageBytes: number | null}

/** Of a queue, half of them from each end. */
const mostMessages = 100
/** Of those that were read, next to be taken first. */
const mostSeen = 50
const mostBytesEach = 4 * 1024 * 1024
/** The next to be taken of each list, which may be a large one. */
const mostBytesOldest = 16 * 1024 * 1024
/** What comes beyond these: enough to know hundreds of queues by, and not felt. */
const mostBytesTogether = 6 * 1024 * 1024
/** Nodes of a list that Redis weighs: its cost does not grow with the list. */
const weighed = 20
/** How many ends are asked for first where nothing says how large a message is. */
const firstStep = 4

/**
 * Reads both ends of each queue, most urgent list first, bounded in messages and bytes. Costs round trips by stage, not
 * by queue, and nothing by the length of a list. What Redis refuses is not there; never throws.
 */
export async function readEnds(client: Client, queues: readonly ListedQueue[]): Promise<QueueLook[]> {
  const lists = queues.flatMap(queue => queue.lists.map(list => ({...list, queue: queue.name})))
  const weights = await weigh(client, lists)
  const waiting = weights.filter(({length}) => length > 0)
  const looks = await readOldest(client, waiting)
  await readMore(client, looks)
  const byQueue = groupedByQueue(looks)
  return queues.map(({name}) => {
    const own = byQueue.get(name) ?? []
    return {name, lists: own.map(lookOf), averageBytes: averageOf(own)}
  })
}

type Weighed = QueueList & {
  queue: string
  length: number
  /** Of all its messages, as Redis estimates it; `null` when it may not be asked. */
  bytes: number | null
}
type Looking = Weighed & {messages: Buffer[]; fromNewest: boolean}

async function weigh(client: Client, lists: readonly (QueueList & {queue: string})[]): Promise<Weighed[]> {
  const replies = await pipelined(client, lists, (pipeline, {key}) => {
    pipeline.llen(key)
    pipeline.memory('USAGE', key, 'SAMPLES', weighed)
  })
  return lists.map((list, place) => ({
    ...list,
    length: asCount(replies[place]?.[0]) ?? 0,
    bytes: asCount(replies[place]?.[1]),
  }))
}

/** The message next to be taken of each list, as long as there is room for all of them; the most urgent lists first. */
async function readOldest(client: Client, lists: readonly Weighed[]): Promise<Looking[]> {
  const looks = lists.map((list): Looking => ({...list, messages: [], fromNewest: false}))
  let left = [...looks].sort((a, b) => a.step - b.step || (average(a) ?? 0) - (average(b) ?? 0))
  let room = mostBytesOldest
  let step = firstStep
  while (left.length > 0 && room > 0) {
    const batch: Looking[] = []
    let expected = 0
    for (const look of left) {
      const size = average(look)
      if (batch.length > 0 && expected + (size ?? 0) > room) break
      if (size === null && batch.length >= step) break
      expected += size ?? 0
      batch.push(look)
    }
    left = left.slice(batch.length)
    step *= 4
    const replies = await pipelined(client, batch, (pipeline, {key}) => {
      pipeline.llen(key)
      pipeline.lindexBuffer(key, -1)
    })
    for (const [place, look] of batch.entries()) {
      const [length, oldest] = replies[place] ?? []
      look.length = asCount(length) ?? look.length
      if (!Buffer.isBuffer(oldest)) continue
      look.messages = [oldest]
      look.fromNewest = look.length === 1
      room -= oldest.length
    }
  }
  return looks
}

/** More of both ends, where what is known of a list's messages says that they fit. */
async function readMore(client: Client, looks: readonly Looking[]): Promise<void> {
  const byQueue = groupedByQueue(looks)
  const bytesEach = Math.min(mostBytesEach, mostBytesTogether / Math.max(1, byQueue.size))
  let left = looks.filter(({length, messages}) => messages.length === 1 && length > 1)
  // Without a weight, what lies behind the first message is a guess: asked for in steps.
  let most = left.every(({bytes}) => bytes !== null) ? mostMessages : 2 * firstStep
  while (left.length > 0) {
    const shares = new Map([...byQueue.values()].flatMap(own => sharesOf(own, bytesEach, most)))
    const wanted = left.flatMap(look => {
      const share = shares.get(look) ?? 0
      return share > look.messages.length ? [{look, share}] : []
    })
    const replies = await pipelined(client, wanted, (pipeline, {look: {key, length}, share}) => {
      pipeline.llen(key)
      if (length <= share) pipeline.lrangeBuffer(key, 0, share - 1)
      else {
        pipeline.lrangeBuffer(key, 0, Math.floor(share / 2) - 1)
        pipeline.lrangeBuffer(key, -Math.ceil(share / 2), -1)
      }
    })
    for (const [place, {look}] of wanted.entries()) {
      const [length, ...ranges] = replies[place] ?? []
      const messages = ranges.flat().filter(message => Buffer.isBuffer(message))
      if (messages.length === 0 || ranges.includes(null)) continue
      look.length = asCount(length) ?? look.length
      look.messages = messages
      look.fromNewest = true
    }
    if (most >= mostMessages) return
    most = Math.min(mostMessages, most * firstStep)
    left = wanted.map(({look}) => look).filter(({length, messages}) => messages.length < length)
  }
}

/** How many messages of each of a queue's lists are read: what short ones leave goes to the longer ones. */
function sharesOf(looks: readonly Looking[], bytes: number, most: number): [Looking, number][] {
  let [messages, room] = [most, bytes]
  const inTurn = [...looks].sort((a, b) => a.length - b.length)
  return inTurn.map((look, place) => {
    const lists = inTurn.length - place
    const size = likelySize(look)
    const share = Math.min(look.length, Math.floor(messages / lists), Math.floor(room / lists / size))
    // Half of it is an end: of less than two there is the oldest alone.
    const taken = share >= 2 || share === look.length ? share : 0
    messages -= taken
    room -= taken * size
    return [look, taken]
  })
}

function groupedByQueue(looks: readonly Looking[]): Map<string, Looking[]> {
  const byQueue = new Map<string, Looking[]>()
  for (const look of looks) {
    const own = byQueue.get(look.queue)
    if (own === undefined) byQueue.set(look.queue, [look])
    else own.push(look)
  }
  return byQueue
}

function average({bytes, length}: Weighed): number | null {
  return bytes === null || length === 0 ? null : bytes / length
}

/** Rather too large than too small: what was seen, or what Redis says of all. */
function likelySize(look: Looking): number {
  return Math.max(1, average(look) ?? 0, ...look.messages.map(({length}) => length))
}

function averageOf(looks: readonly Looking[]): number | null {
  const known = looks.filter(({bytes}) => bytes !== null)
  const messages = known.reduce((sum, {length}) => sum + length, 0)
  return messages === 0 ? null : known.reduce((sum, {bytes}) => sum + (bytes ?? 0), 0) / messages
}

function lookOf({step, key, length, messages, fromNewest}: Looking): ListLook {
  return {step, key, length, messages, fromNewest}
}

/** What the messages that were read say of themselves; `null` when nothing waits, or nothing is known of what waits. */
export function sampleOf({lists, averageBytes}: QueueLook): WaitingSample | null {
  const inOrder = [...lists].sort((a, b) => a.step - b.step)
  const read = inOrder.flatMap(({messages}) => [...messages].reverse())
  if (read.length === 0 && averageBytes === null) return null
  const headers = read.map(decodeHeaders)
  const sizes = read.map(({length}) => length)
  return {
    messages: read.length,
    complete: lists.every(({messages, length}) => messages.length >= length),
    // Where the most urgent list could not be read, the next one's oldest is not the queue's.
    oldest: inOrder[0]?.messages.length === 0 ? null : waitingMessage(headers[0]),
    seen: headers.slice(0, mostSeen).flatMap(header => waitingMessage(header) ?? []),
    byTask: counted(headers.map(header => header?.task ?? null)).map(([task, messages]) => ({
      task,
      messages,
    })),
    unreadable: counted(headers.map(header => header?.contentType ?? 'unknown').filter(isNotJson)).map(
      ([contentType, messages]) => ({contentType, messages}),
    ),
    largestBytes: sizes.length === 0 ? null : Math.max(...sizes),
    averageBytes:
      averageBytes === null ? sizes.reduce((sum, size) => sum + size, 0) / sizes.length : averageBytes,
  }
}

function waitingMessage(header: MessageHeaders | null | undefined): WaitingMessage | null {
  if (header == null) return null
  const {id, task, eta, retries} = header
  return {id, task, eta, retries}
}

function isNotJson(contentType: string): boolean {
  return !/^application\/(json|.*\+json)$|^json$/.test(contentType)
}

/** How many of each, the most first. */
function counted<T>(values: readonly T[]): [T, number][] {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

type Pipeline = ReturnType<Client['pipeline']>

/** Asks the same of each thing in one round trip; a reply that is an error is `null`. Never throws. */
export async function pipelined<T>(
  client: Client,
  things: readonly T[],
  ask: (pipeline: Pipeline, thing: T) => void,
): Promise<unknown[][]> {
  if (things.length === 0) return []
  const pipeline = client.pipeline()
  const ends = things.map(thing => {
    ask(pipeline, thing)
    return pipeline.length
  })
  const replies = (await pipeline.exec().catch(() => null)) ?? []
  const values = replies.map(([error, value]) => (error === null ? value : null))
  return ends.map((end, place) => values.slice(ends[place - 1] ?? 0, end))
}

export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
