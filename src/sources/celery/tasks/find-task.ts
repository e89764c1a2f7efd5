import type {TaskStory} from '../../../snapshot/task-story.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import type {CeleryNames} from '../names.ts'
import {asCount, type ListedQueue, pipelined} from '../queues/messages.ts'
import {deliveredMessage, isDeliveryOf, isOfTask, taskMessage} from './task-message.ts'

type Client = ConnectedReach['connection']['client']

/** Of one queue, from its head. */
const mostMessages = 10_000
const mostEntries = 10_000
const mostSeconds = 1
/** What all of looking for one task may move; a connection for it needs this much and a step more. */
export const mostBytes = 48 * 1024 * 1024
const stepBytes = 1024 * 1024
const mostInStep = 500

/** What looking for a task may still cost. */
export class Budget {
  #bytes = mostBytes
  readonly #end = performance.now() + mostSeconds * 1000

  get isLeft(): boolean {
    return this.#bytes > 0 && performance.now() < this.#end
  }

  take(bytes: number): void {
    this.#bytes -= bytes
  }
}

/**
 * Looks for a task in the waiting messages, a step of every queue after the other, from the heads on. Bounded in messages,
 * bytes and time; what Redis refuses is not looked through. Never throws.
 */
export async function findWaiting(
  client: Client,
  queues: readonly ListedQueue[],
  {id, showArgs}: {id: string; showArgs: boolean},
  budget: Budget,
): Promise<TaskStory['queues']> {
  const isIt = isOfTask(id)
  const looking = await lists(client, queues)
  const report = () =>
    queues.flatMap(({name}) =>
      lookedOf(
        looking.filter(list => list.queue === name),
        name,
      ),
    )
  while (budget.isLeft) {
    const open = looking.filter(
      list => !list.closed && list.looked < list.length && lookedIn(looking, list.queue) < mostMessages,
    )
    if (open.length === 0) break
    for (const list of open) {
      if (!budget.isLeft) break
      const size = Math.max(1, list.averageBytes)
      const most = mostMessages - lookedIn(looking, list.queue)
      const step = Math.max(1, Math.min(mostInStep, most, Math.floor(stepBytes / size)))
      const [replies] = await pipelined(client, [list], pipeline =>
        pipeline.lrangeBuffer(list.key, -(list.looked + step), -(list.looked + 1)),
      )
      const range: unknown = replies?.[0]
      if (!Array.isArray(range)) {
        // Refused, or so long that the connection is gone with it.
        list.closed = true
        continue
      }
      const messages = range.filter(message => Buffer.isBuffer(message))
      const bytes = messages.reduce((sum, message) => sum + message.length, 0)
      budget.take(bytes)
      if (messages.length === 0) {
        // Shorter by now.
        list.length = list.looked
        continue
      }
      list.averageBytes = bytes / messages.length
      const place = messages.findLastIndex(isIt)
      const found = place === -1 ? null : taskMessage(messages[place]?.toString('utf8') ?? '', showArgs)
      if (found !== null) {
        const before = looking
          .filter(other => other.queue === list.queue && other.step < list.step)
          .reduce((sum, {length}) => sum + length, 0)
        const position = before + list.looked + messages.length - place
        return {found: {queue: list.queue, step: list.step, position, message: found}, looked: report()}
      }
      list.looked += messages.length
    }
  }
  return {found: null, looked: report()}
}

type Looking = {
  queue: string
  step: number
  key: string
  length: number
  looked: number
  averageBytes: number
  closed: boolean
}

async function lists(client: Client, queues: readonly ListedQueue[]): Promise<Looking[]> {
  const all = queues.flatMap(({name, lists}) => lists.map(list => ({...list, queue: name})))
  const replies = await pipelined(client, all, (pipeline, {key}) => {
    pipeline.llen(key)
    pipeline.memory('USAGE', key, 'SAMPLES', 20)
  })
  return all.flatMap((list, place) => {
    const length = asCount(replies[place]?.[0]) ?? 0
    const bytes = asCount(replies[place]?.[1])
    // Without a word from Redis, a first step of few messages shows how long they are.
    const averageBytes = bytes === null ? stepBytes / 4 : bytes / Math.max(1, length)
    return length === 0 ? [] : [{...list, length, looked: 0, averageBytes, closed: false}]
  })
}

function lookedIn(all: readonly Looking[], queue: string): number {
  return all.filter(list => list.queue === queue).reduce((sum, {looked}) => sum + looked, 0)
}

function lookedOf(own: readonly Looking[], queue: string): TaskStory['queues']['looked'] {
  const of = own.reduce((sum, {length}) => sum + length, 0)
  return of === 0 ? [] : [{queue, looked: own.reduce((sum, {looked}) => sum + looked, 0), of}]
}

/** Looks for a task among what is delivered and not acknowledged. Bounded as `findWaiting` is. Never throws. */
export async function findDelivered(
  client: Client,
  {prefix}: CeleryNames,
  {id, showArgs}: {id: string; showArgs: boolean},
  budget: Budget,
): Promise<TaskStory['unacked']> {
  const key = `${prefix}unacked`
  const [counts] = await pipelined(client, [key], pipeline => {
    pipeline.hlen(key)
    pipeline.memory('USAGE', key, 'SAMPLES', 20)
  })
  const of = asCount(counts?.[0])
  if (of === null || of === 0) return {found: null, looked: 0, of}
  const size = Math.max(1, (asCount(counts?.[1]) ?? stepBytes) / of)
  const step = Math.max(1, Math.min(mostInStep, Math.floor(stepBytes / size)))
  const isIt = isDeliveryOf(id)
  let looked = 0
  let cursor = '0'
  do {
    const [replies] = await pipelined(client, [cursor], pipeline =>
      pipeline.hscanBuffer(key, cursor, 'COUNT', step),
    )
    const scanned: unknown = replies?.[0]
    if (!Array.isArray(scanned) || !Array.isArray(scanned[1])) break
    const flat = scanned[1].filter(part => Buffer.isBuffer(part))
    for (let place = 0; place + 1 < flat.length; place += 2) {
      const entry = flat[place + 1] ?? Buffer.alloc(0)
      looked += 1
      budget.take(entry.length)
      if (!isIt(entry)) continue
      const message = deliveredMessage(entry.toString('utf8'), showArgs)
      if (message === null) continue
      const [score] = await pipelined(client, [flat[place]], (pipeline, tag) =>
        pipeline.zscore(`${prefix}unacked_index`, tag ?? ''),
      )
      return {found: {deliveredAt: isoOf(Number(score?.[0] ?? Number.NaN)), message}, looked, of}
    }
    cursor = String(scanned[0])
  } while (cursor !== '0' && looked < mostEntries && budget.isLeft)
  // A key that was moved meanwhile may be scanned twice.
  return {found: null, looked: Math.min(looked, of), of}
}

function isoOf(epochSeconds: number): string | null {
  const date = new Date(epochSeconds * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
