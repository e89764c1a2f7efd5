import {randomBytes, randomUUID} from 'node:crypto'
import {SourceError} from '../../snapshot/source-error.ts'
import {isWriteRefusal} from '../redis/failure.ts'
import type {ConnectedReach} from '../redis/reach.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {decodeReply, encodeRequest, type Method, methods} from './envelope.ts'
import {
  bindingsOf,
  type CeleryNames,
  leftoverOid,
  mailboxOf,
  ownOid,
  replyBindingOf,
  replyExchangeOf,
  replyListOf,
  requestChannelOf,
  strangeChannelOf,
} from './names.ts'
import {Replies} from './replies.ts'

/** A node that has looked where to put its reply puts it there, even when that place is gone by then. */
const lateReplySeconds = 0.1

export type ProbeResult = {
  /** Nodes that the requests were delivered to, hung ones too. */
  subscribers: number
  seconds: number
  replies: Replies
}

/** Redis did not let the requests be sent, or the replies be waited for; why. */
export class ProbeRefused extends Error {}

/**
 * Asks every node at once and waits until all that are connected have answered everything, else `patienceSeconds`.
 * Leaves nothing behind, also when the signal aborts: `reach.close` waits for that. Throws `ProbeRefused`.
 */
export async function probe(
  reach: ConnectedReach,
  names: CeleryNames,
  patienceSeconds: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const start = performance.now()
  const random = randomBytes(4).toString('hex')
  const oid = ownOid(process.pid, Date.now(), random)
  const tickets = new Map<string, Method>(methods.map(method => [randomUUID(), method]))
  const replies = new Replies(tickets)
  // Blocks while it waits, so it cannot be the shared one.
  const listener = await reach.open(signal).catch((error: Error) => {
    throw signal.aborted ? error : new ProbeRefused(error.message)
  })
  let complete = false
  try {
    const subscribers = await untilAborted(send(reach, names, oid, tickets, random, patienceSeconds), signal)
    const patience = timeLimit(patienceSeconds)
    await listen(listener.client, replyListOf(names, oid), replies, subscribers, [signal, patience])
    signal.throwIfAborted()
    complete = replies.isComplete(subscribers)
    return {subscribers, seconds: (performance.now() - start) / 1000, replies}
  } finally {
    listener.close()
    const gone = takeAway(reach, names, [oid], complete ? 0 : lateReplySeconds)
    reach.finishBeforeClose(gone)
    if (complete) await untilAborted(gone, signal).catch(() => {})
  }
}

type Client = ConnectedReach['connection']['client']

/** The binding and the requests in one transaction: no reply can come before there is a place for it. */
async function send(
  reach: ConnectedReach,
  names: CeleryNames,
  oid: string,
  tickets: ReadonlyMap<string, Method>,
  random: string,
  patienceSeconds: number,
): Promise<number> {
  const {client} = reach.connection
  const channel = requestChannelOf(names)
  // Sent first, so that who listens to everything is counted at the same moment.
  const strangers = client.publish(strangeChannelOf(names, random), '').catch(() => 0)
  const transaction = client
    .multi()
    .sadd(bindingsOf(names, replyExchangeOf(names)), replyBindingOf(names, oid))
  for (const [ticket, method] of tickets)
    transaction.publish(
      channel,
      encodeRequest({
        method,
        ticket,
        oid,
        replyExchange: replyExchangeOf(names),
        exchange: mailboxOf(names),
        expires: Date.now() / 1000 + patienceSeconds,
      }),
    )
  const results = await transaction.exec().catch(refused)
  let reached = 0
  for (const [error, count] of (results ?? []).slice(1)) {
    if (error !== null) refused(error)
    reached = Math.max(reached, typeof count === 'number' ? count : 0)
  }
  return Math.max(0, reached - (await strangers))
}

/** Takes replies off the list until all have come or one of the signals aborts. */
async function listen(
  client: Client,
  list: string,
  replies: Replies,
  nodes: number,
  until: AbortSignal[],
): Promise<void> {
  const signal = AbortSignal.any(until)
  try {
    while (!replies.isComplete(nodes)) {
      // No timeout of Redis's own: it looks at those only ten times a second.
      const popped = await untilAborted(client.brpop(list, 0), signal)
      const reply = popped === null ? null : decodeReply(popped[1])
      if (reply !== null) replies.add(reply)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Takes away what killed runs of ours have left for more than an hour. Never throws. */
export async function collectLeftovers(reach: ConnectedReach, names: CeleryNames): Promise<void> {
  const {client} = reach.connection
  const bindings = await client.smembers(bindingsOf(names, replyExchangeOf(names))).catch(() => [])
  const oids = bindings.flatMap(binding => leftoverOid(binding, Date.now()) ?? [])
  if (oids.length > 0) await takeAway(reach, names, oids, 0)
}

/** Bindings first, so that nothing more is put into the lists; then the lists, a second time when replies may be on their way. */
async function takeAway(
  reach: ConnectedReach,
  names: CeleryNames,
  oids: readonly string[],
  againAfterSeconds: number,
): Promise<void> {
  const {client} = reach.connection
  const lists = oids.map(oid => replyListOf(names, oid))
  const members = oids.map(oid => replyBindingOf(names, oid))
  const removed = client.srem(bindingsOf(names, replyExchangeOf(names)), ...members)
  await Promise.allSettled([removed, client.del(...lists)])
  if (againAfterSeconds === 0) return
  await new Promise(resolve => setTimeout(resolve, againAfterSeconds * 1000))
  await client.del(...lists).catch(() => {})
}

function refused(error: Error): never {
  const earlier: unknown = 'previousErrors' in error ? error.previousErrors : null
  const first: unknown = Array.isArray(earlier) ? earlier[0] : null
  const words = first instanceof Error ? first.message : error.message
  if (isWriteRefusal(words) || error.name === 'ReplyError') throw new ProbeRefused(words)
  throw new SourceError('refused', `Redis broke off the connection while it was asked`, 'redis')
}
