import {setTimeout as pause} from 'node:timers/promises'
import type {CeleryQuestion, Node, Queue} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {countByConsumers, isSuspicious, lookAgain, mayHoard} from './flow.ts'
import {type ListedQueue, readEnds, sampleOf} from './messages.ts'

/** Messages may be large: more than a look takes otherwise, and on a connection of its own, so that nothing else is lost with it. */
const mostBytes = 64 * 1024 * 1024
const suspiciousSeconds = 1
/** Less between two looks shows nothing. */
const leastSeconds = 0.25
/** For what follows the second look. */
const reserveSeconds = 0.5

/** Asks the nodes again for these alone; `null` when they could not be asked. */
export type AskAgain = (methods: readonly ('stats' | 'reserved')[]) => Promise<Node[] | null>

export type CloserLook = {queues: Queue[]; nodes: Node[]}

/**
 * Looks at the waiting messages and, when asked for, a second time. `secondsLeft` is what there still is for a second look
 * that was not asked for by its length. What Redis refuses stays `null`.
 */
export async function lookCloser(
  reach: ConnectedReach,
  {queues, nodes}: CloserLook,
  lists: readonly ListedQueue[],
  question: CeleryQuestion,
  {ask, secondsLeft}: {ask: AskAgain; secondsLeft: () => number},
  signal: AbortSignal,
): Promise<CloserLook> {
  if (question.messages !== true && question.secondLook === undefined) return {queues, nodes}
  const connection = await reach.open(signal, {mostBytes}).catch(() => null)
  signal.throwIfAborted()
  if (connection === null) return {queues, nodes}
  const {client} = connection
  try {
    const looks = await untilAborted(readEnds(client, waitingIn(lists, queues)), signal)
    const looked = performance.now()
    const samples = new Map(looks.map(look => [look.name, sampleOf(look)]))
    const sampled = queues.map(queue => ({...queue, sample: samples.get(queue.name) ?? null}))
    const seconds = secondsBetween(question, sampled, nodes, secondsLeft())
    if (seconds === null) return {queues: sampled, nodes}
    await pause(Math.max(0, seconds * 1000 - (performance.now() - looked)), undefined, {signal})
    const keys = new Map(lists.map(queue => [queue.name, queue.lists.map(({key}) => key)]))
    const flows = await untilAborted(
      lookAgain(
        client,
        looks,
        queue => keys.get(queue) ?? [],
        () => (performance.now() - looked) / 1000,
      ),
      signal,
    )
    const moved = sampled.map(queue => ({...queue, flow: flows.get(queue.name) ?? null}))
    const [counted, held] = await Promise.all([
      typeof question.secondLook === 'number' ? byConsumers(moved, nodes, ask) : moved,
      mayHoard(sampled, nodes) ? stillReserved(nodes, ask) : nodes,
    ])
    signal.throwIfAborted()
    return {queues: counted, nodes: held}
  } finally {
    connection.close()
  }
}

/** Of the lists, those that something waits in. */
function waitingIn(lists: readonly ListedQueue[], queues: readonly Queue[]): ListedQueue[] {
  const byName = new Map(queues.map(({name, byPriority}) => [name, byPriority]))
  return lists.map(queue => ({
    ...queue,
    lists: queue.lists.filter(({step}) => (byName.get(queue.name)?.[step] ?? 0) > 0),
  }))
}

/** How long to wait for a second look; `null` for none. */
function secondsBetween(
  {secondLook}: CeleryQuestion,
  queues: readonly Queue[],
  nodes: readonly Node[],
  left: number,
): number | null {
  if (secondLook === undefined || typeof secondLook === 'number') return secondLook ?? null
  if (!queues.some(queue => isSuspicious(queue, nodes)) && !mayHoard(queues, nodes)) return null
  const seconds = Math.min(suspiciousSeconds, left - reserveSeconds)
  return seconds < leastSeconds ? null : seconds
}

async function byConsumers(queues: Queue[], nodes: readonly Node[], ask: AskAgain): Promise<Queue[]> {
  const uncounted = queues.some(
    ({flow, consumers}) => flow !== null && flow.taken === null && (consumers?.length ?? 0) > 0,
  )
  const later = uncounted ? await ask(['stats']) : null
  if (later === null) return queues
  return countByConsumers(queues, nodes, new Map(later.map(({name, accepted}) => [name, accepted])))
}

async function stillReserved(nodes: Node[], ask: AskAgain): Promise<Node[]> {
  const later = await ask(['reserved'])
  if (later === null) return nodes
  const held = new Map(later.map(({name, reservedTasks}) => [name, new Set(reservedTasks.map(({id}) => id))]))
  return nodes.map(node => {
    const ids = held.get(node.name)
    if (ids === undefined || node.reservedTasks.length === 0) return node
    return {...node, reservedUnchanged: node.reservedTasks.every(({id}) => ids.has(id))}
  })
}
