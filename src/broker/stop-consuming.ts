import {setTimeout as pause} from 'node:timers/promises'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {namesIn} from '../sources/celery/names.ts'
import {tellNodes} from '../sources/celery/nodes/control.ts'
import {asList} from '../sources/loose-json.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'

/** A node and a queue that it takes messages from. */
export type Consuming = {node: string; queue: string}

/** They answered just now. */
const replySeconds = 2
/** A node that works by greenlets looks after what it was told every two seconds. */
const obeySeconds = 3
/** A node asks Redis for a message for a second at a time (kombu); what comes last it puts back, as nobody takes it any more. */
const askedSeconds = 1.2

/** What these nodes consume, as far as they have said it. */
export function consumedBy(
  {nodes}: Pick<CeleryFacts, 'nodes'>,
  isMeant: (node: string) => boolean,
): Consuming[] {
  const seen = nodes
    .filter(({name}) => isMeant(name))
    .flatMap(({name, queues}) => (queues ?? []).map(queue => ({node: name, queue})))
  return seen.filter(
    (one, place) => seen.findIndex(({node, queue}) => node === one.node && queue === one.queue) === place,
  )
}

/** Tells nodes to take nothing more from their queues, or to take from them again. */
export async function tellConsuming(
  reach: ConnectedReach,
  celery: CeleryFacts,
  method: 'cancel_consumer' | 'add_consumer',
  consuming: readonly Consuming[],
  signal: AbortSignal,
): Promise<void> {
  const queues = [...new Set(consuming.map(one => one.queue))]
  await Promise.all(
    queues.map(queue => {
      const nodes = consuming.filter(one => one.queue === queue).map(({node}) => node)
      const to = {nodes, replies: answering(celery, nodes), patienceSeconds: replySeconds}
      return tellNodes(reach, namesIn(celery), {method, queue}, to, signal)
    }),
  )
}

/**
 * Tells nodes to take nothing more and waits until nothing is on its way to them. A node that ends while it waits for a message can take
 * it along, which nobody ever sees again: kombu notes it as delivered only after Redis has let go of it. Gives the nodes that may still
 * take something.
 */
export async function stopConsuming(
  reach: ConnectedReach,
  celery: CeleryFacts,
  consuming: readonly Consuming[],
  signal: AbortSignal,
): Promise<string[]> {
  const nodes = [...new Set(consuming.map(({node}) => node))]
  if (nodes.length === 0) return []
  await tellConsuming(reach, celery, 'cancel_consumer', consuming, signal)
  const end = performance.now() + obeySeconds * 1000
  let taking = await stillTaking(reach, celery, nodes, signal)
  while (taking.length > 0 && performance.now() < end) {
    await pause(100, undefined, {signal})
    taking = await stillTaking(reach, celery, nodes, signal)
  }
  await pause(askedSeconds * 1000, undefined, {signal})
  // Who answers now has dealt with what came before.
  return await stillTaking(reach, celery, nodes, signal)
}

/** Of these nodes those that do not say that they take from no queue. */
async function stillTaking(
  reach: ConnectedReach,
  celery: CeleryFacts,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const to = {nodes, replies: answering(celery, nodes), patienceSeconds: replySeconds}
  const {replies} = await tellNodes(reach, namesIn(celery), {method: 'active_queues'}, to, signal)
  const idle = (name: string) => {
    const own = replies.filter(({node}) => node === name)
    return own.length >= answering(celery, [name]) && own.every(({value}) => asList(value)?.length === 0)
  }
  return nodes.filter(name => !idle(name))
}

/** Two may answer by one name. */
function answering({nodes}: Pick<CeleryFacts, 'nodes'>, names: readonly string[]): number {
  return nodes.filter(({name}) => names.includes(name)).length
}
