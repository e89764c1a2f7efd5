import {randomUUID} from 'node:crypto'
import type {Json} from '../../loose-json.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {type CeleryNames, requestChannelOf} from '../names.ts'
import {readKnownNodes} from './ask-nodes.ts'
import {strangersOn} from './channel.ts'
import type {Request} from './envelope.ts'
import {askRound} from './round.ts'

/** All that can be told to nodes; only commands that act send it. `ping`, `active_queues` and `query_task` change nothing. */
export type Order =
  | {method: 'ping' | 'active_queues'}
  | {method: 'query_task'; ids: readonly string[]}
  | {method: 'shutdown'}
  | {method: 'cancel_consumer' | 'add_consumer'; queue: string}
  | {method: 'pool_grow' | 'pool_shrink'; processes: number}
  | {method: 'revoke'; ids: readonly string[]; terminate: boolean; signal: string}

export type To = {
  /** Names of the nodes that are meant; `null` for all that are connected. */
  nodes: readonly string[] | null
  /** How many replies make it complete, as two nodes may have one name; absent: one a name, or one a connected node. */
  replies?: number
  patienceSeconds: number
}

export type Told = {
  /** Nodes that are connected, whether meant or not. */
  subscribers: number
  seconds: number
  replies: NodeReply[]
  /** Replies in pickle, which is never opened. */
  unreadable: number
}

export type NodeReply = {node: string; value: Json; seconds: number}

/**
 * Tells nodes to do something and takes their replies in, until all that are meant have replied, else `patienceSeconds`.
 * Nobody replies to `shutdown`: it is not waited. Leaves nothing behind. Throws `ProbeRefused` when Redis does not let it.
 */
export async function tellNodes(
  reach: ConnectedReach,
  names: CeleryNames,
  order: Order,
  to: To,
  signal: AbortSignal,
): Promise<Told> {
  const ticket = randomUUID()
  const replies: NodeReply[] = []
  let unreadable = 0
  const awaited = order.method === 'shutdown' ? 0 : (to.replies ?? to.nodes?.length)
  const {subscribers, seconds} = await askRound(
    reach,
    names,
    {
      requests: [requestFor(order, to, ticket)],
      patienceSeconds: to.patienceSeconds,
      add: (reply, after) => {
        if (reply.ticket !== ticket) return
        if ('unreadable' in reply) unreadable += 1
        else replies.push({node: reply.node, value: reply.value, seconds: after})
      },
      isComplete: connected => replies.length + unreadable >= Math.min(awaited ?? connected, connected),
    },
    signal,
  )
  return {subscribers, seconds, replies, unreadable}
}

function requestFor(order: Order, {nodes}: To, ticket: string): Request {
  return {method: order.method, arguments: argumentsFor(order), destination: nodes, ticket}
}

function argumentsFor(order: Order): Record<string, Json> {
  switch (order.method) {
    case 'query_task':
      return {ids: [...order.ids]}
    case 'pool_grow':
    case 'pool_shrink':
      return {n: order.processes}
    case 'cancel_consumer':
    case 'add_consumer':
      return {queue: order.queue}
    case 'revoke':
      return {task_id: [...order.ids], terminate: order.terminate, signal: order.signal}
    default:
      return {}
  }
}

/** Who is there now, without asking anybody: names that stand in Redis, and how many nodes are connected. */
export async function readPresence(
  {connection: {client}}: ConnectedReach,
  names: CeleryNames,
): Promise<{known: string[]; subscribers: number}> {
  const [{known}, all, strangers] = await Promise.all([
    readKnownNodes(client, names),
    // Nodes ignore an empty request.
    client.publish(requestChannelOf(names), ''),
    strangersOn(client, names),
  ])
  return {known, subscribers: Math.max(0, all - strangers)}
}
