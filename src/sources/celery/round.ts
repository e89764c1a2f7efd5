import {randomBytes} from 'node:crypto'
import {SourceError} from '../../snapshot/source-error.ts'
import {isWriteRefusal} from '../redis/failure.ts'
import type {ConnectedReach} from '../redis/reach.ts'
import {timeLimit} from '../time-limit.ts'
import {untilAborted} from '../until-aborted.ts'
import {decodeReply, encodeRequest, type Reply, type Request} from './envelope.ts'
import {
  bindingsOf,
  type CeleryNames,
  mailboxOf,
  ownOid,
  replyBindingOf,
  replyExchangeOf,
  replyListOf,
  requestChannelOf,
  strangeChannelOf,
} from './names.ts'

/** A node that has looked where to put its reply puts it there, even when that place is gone by then. */
const lateReplySeconds = 0.1

/** Redis did not let the requests be sent, or the replies be waited for; why. */
export class ProbeRefused extends Error {}

export type Round = {
  requests: readonly Request[]
  /** How long replies are waited for. */
  patienceSeconds: number
  /** Takes a reply in, whatever its ticket. */
  add: (reply: Reply) => void
  /** Whether nothing more is waited for, with so many nodes connected. */
  isComplete: (subscribers: number) => boolean
}

/**
 * Sends requests to the nodes, all at once, and takes replies in until the round is complete, else `patienceSeconds`.
 * Leaves nothing behind, also when the signal aborts: `reach.close` waits for that. Throws `ProbeRefused`.
 */
export async function askRound(
  reach: ConnectedReach,
  names: CeleryNames,
  round: Round,
  signal: AbortSignal,
): Promise<{subscribers: number; seconds: number}> {
  const start = performance.now()
  const random = randomBytes(4).toString('hex')
  const oid = ownOid(process.pid, Date.now(), random)
  // Blocks while it waits, so it cannot be the shared one.
  const listener = await reach.open(signal).catch((error: Error) => {
    throw signal.aborted ? error : new ProbeRefused(error.message)
  })
  let complete = false
  try {
    const subscribers = await untilAborted(send(reach, names, oid, round, random), signal)
    const patience = timeLimit(round.patienceSeconds)
    await listen(listener.client, replyListOf(names, oid), round, subscribers, [signal, patience])
    signal.throwIfAborted()
    complete = round.isComplete(subscribers)
    return {subscribers, seconds: (performance.now() - start) / 1000}
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
  {requests, patienceSeconds}: Round,
  random: string,
): Promise<number> {
  const {client} = reach.connection
  const channel = requestChannelOf(names)
  // Sent first, so that who listens to everything is counted at the same moment.
  const strangers = client.publish(strangeChannelOf(names, random), '').catch(() => 0)
  const transaction = client
    .multi()
    .sadd(bindingsOf(names, replyExchangeOf(names)), replyBindingOf(names, oid))
  for (const request of requests)
    transaction.publish(
      channel,
      encodeRequest(request, {
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
  {add, isComplete}: Round,
  subscribers: number,
  until: AbortSignal[],
): Promise<void> {
  const signal = AbortSignal.any(until)
  try {
    while (!isComplete(subscribers)) {
      // No timeout of Redis's own: it looks at those only ten times a second.
      const popped = await untilAborted(client.brpop(list, 0), signal)
      const reply = popped === null ? null : decodeReply(popped[1])
      if (reply !== null) add(reply)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Bindings first, so that nothing more is put into the lists; then the lists, a second time when replies may be on their way. */
export async function takeAway(
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
