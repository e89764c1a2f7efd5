import type {CeleryFacts} from '../snapshot/celery.ts'
import {namesIn} from '../sources/celery/names.ts'
import {tellNodes} from '../sources/celery/nodes/control.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {orderOutcome} from './node-words.ts'

/** A node and a queue that it takes messages from. */
export type Consuming = {node: string; queue: string}

const replySeconds = 5

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

/**
 * Tells nodes to take nothing more from their queues, or to take from them again; gives what they agreed to. A node that ends while it
 * waits at a queue can take a message with it, which nobody ever sees again (kombu): one that waits at none cannot.
 */
export async function tellConsuming(
  reach: ConnectedReach,
  celery: CeleryFacts,
  method: 'cancel_consumer' | 'add_consumer',
  consuming: readonly Consuming[],
  signal: AbortSignal,
): Promise<Consuming[]> {
  const agreed: Consuming[] = []
  for (const queue of new Set(consuming.map(one => one.queue))) {
    const nodes = consuming.filter(one => one.queue === queue).map(({node}) => node)
    const to = {nodes, patienceSeconds: replySeconds}
    const {replies} = await tellNodes(reach, namesIn(celery), {method, queue}, to, signal)
    for (const {node, value} of replies) if (orderOutcome(value).ok) agreed.push({node, queue})
  }
  return agreed
}
