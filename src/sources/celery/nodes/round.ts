import {randomBytes} from 'node:crypto'
import {SourceError} from '../../../snapshot/source-error.ts'
import type {RedisConnection} from '../../redis/connection.ts'
import {firstWords, isWriteRefusal} from '../../redis/failure.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {
  bindingsOf,
  type CeleryNames,
  mailboxOf,
  ownOid,
  replyBindingOf,
  replyExchangeOf,
  replyListOf,
  requestChannelOf,
} from '../names.ts'
import {findChannelPrefix, strangersOn} from './channel.ts'
import {decodeReply, encodeRequest, longestReply, type Reply, type Request} from './envelope.ts'
import {patienceOf} from './patience.ts'

/** A node that has looked where to put its reply puts it there, even when that place is gone by then. */
const lateReplySeconds = 0.1

/** Redis did not let the requests be sent, or the replies be waited for; why. */
export class ProbeRefused extends Error {}

/** More came in answer than any fleet says: somebody else writes there. */
export class ProbeFlooded extends ProbeRefused {}

export type Round = {
  requests: readonly Request[]
  /** What else to ask, now that so many nodes are known to be connected. */
  more?: (subscribers: number) => readonly Request[]
  /** How long silence is waited through. */
  patienceSeconds: number
  /** How long replies are waited for while they come; twice the patience when absent. */
  mostSeconds?: number
  /** Takes a reply in, whatever its ticket, so long after the requests. */
  add: (reply: Reply, seconds: number) => void
  /** Whether nothing more is waited for, with so many nodes connected. */
  isComplete: (subscribers: number) => boolean
  /** Opened by `openListener` while the names were still looked for; the round closes it. */
  listener?: Promise<RedisConnection>
}

export type RoundResult = {
  /** Nodes that the requests were delivered to, hung ones too. */
  subscribers: number
  seconds: number
  /** Where the nodes listen, if not where they usually do. */
  channelPrefix: string
}

/** The connection that waits for replies: it blocks, so that it cannot be the shared one. Failing is seen where it is used. */
export function openListener(reach: ConnectedReach, signal: AbortSignal): Promise<RedisConnection> {
  const listener = reach.open(signal, {mostBytes: mostBytes + longestReply})
  listener.catch(() => {})
  return listener
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
): Promise<RoundResult> {
  const start = performance.now()
  const oid = ownOid(process.pid, Date.now(), randomBytes(4).toString('hex'))
  const listener = await (round.listener ?? openListener(reach, signal)).catch((error: Error) => {
    throw signal.aborted ? error : new ProbeRefused(error.message)
  })
  let complete = false
  try {
    const sent = await untilAborted(send(reach, names, oid, round, signal), signal)
    await listen(listener.client, replyListOf(names, oid), round, sent, signal)
    signal.throwIfAborted()
    complete = round.isComplete(sent.subscribers)
    const {subscribers, channelPrefix} = sent
    return {subscribers, channelPrefix, seconds: (performance.now() - start) / 1000}
  } finally {
    listener.close()
    const gone = takeAway(reach, names, [oid], complete ? 0 : lateReplySeconds)
    reach.finishBeforeClose(gone)
    if (complete) await untilAborted(gone, signal).catch(() => {})
  }
}

type Client = ConnectedReach['connection']['client']

type Sent = {
  subscribers: number
  channelPrefix: string
  /** By `performance.now()`. */
  at: number
}

/** The binding and the requests in one transaction: no reply can come before there is a place for it. */
async function send(
  reach: ConnectedReach,
  names: CeleryNames,
  oid: string,
  {requests, more, patienceSeconds}: Round,
  signal: AbortSignal,
): Promise<Sent> {
  const {client} = reach.connection
  const publish = async (where: CeleryNames, what: readonly Request[]): Promise<Sent> => {
    // Else the binding would be written again, after it has been taken away.
    signal.throwIfAborted()
    const at = performance.now()
    // Sent first, so that who listens to everything is counted at the same moment.
    const strangers = strangersOn(client, where)
    const transaction = client
      .multi()
      .sadd(bindingsOf(names, replyExchangeOf(names)), replyBindingOf(names, oid))
    for (const request of what)
      transaction.publish(
        requestChannelOf(where),
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
    const subscribers = Math.max(0, reached - (await strangers))
    return {subscribers, channelPrefix: where.channelPrefix, at}
  }
  let where = names
  let sent = await publish(where, requests)
  if (sent.subscribers === 0) {
    const channelPrefix = await findChannelPrefix(reach, names, signal)
    if (channelPrefix === null) return sent
    where = {...names, channelPrefix}
    sent = await publish(where, requests)
  }
  const rest = more?.(sent.subscribers) ?? []
  if (rest.length > 0) await publish(where, rest)
  return sent
}

/** At 1,000 nodes that each have a long configuration and hundreds of tasks. */
const mostBytes = 96 * 1024 * 1024
/** Of replies that are taken off the list at once. */
const batchBytes = 4 * 1024 * 1024
const mostInBatch = 500

/** Takes replies off the list until all have come, patience is over or the signal aborts. */
async function listen(
  client: Client,
  list: string,
  {add, isComplete, patienceSeconds, mostSeconds = 2 * patienceSeconds}: Round,
  {subscribers, at}: Sent,
  aborted: AbortSignal,
): Promise<void> {
  const patience = patienceOf(patienceSeconds, mostSeconds)
  const signal = AbortSignal.any([aborted, patience.signal])
  let bytes = 0
  let longest = 1
  let batches = true
  const take = (replies: readonly string[]) => {
    const seconds = (performance.now() - at) / 1000
    for (const text of replies) {
      bytes += text.length
      longest = Math.max(longest, text.length)
      const reply = decodeReply(text)
      if (reply === null) continue
      add(reply, seconds)
      patience.renew()
    }
    if (bytes > mostBytes) throw flooded()
  }
  try {
    while (!isComplete(subscribers)) {
      // No timeout of Redis's own: it looks at those only ten times a second.
      const [, first] = (await untilAborted(client.brpop(list, 0), signal)) ?? []
      if (first !== undefined) take([first])
      while (batches && !isComplete(subscribers)) {
        const most = Math.max(1, Math.min(mostInBatch, Math.floor(batchBytes / longest)))
        const some = await untilAborted(client.rpop(list, most).catch(notInBatches), signal)
        batches = some !== undefined
        if (some === undefined || some === null) break
        take(some)
      }
    }
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof ProbeRefused) throw error
    // Closed by our own bound.
    if (client.stream.bytesRead > mostBytes) throw flooded()
    refused(error instanceof Error ? error : new Error(String(error)))
  } finally {
    patience.end()
  }
}

/** Redis before 6.2 gives one at a time, and so does one where this user may not do more. */
function notInBatches(error: Error): undefined {
  if (error.name !== 'ReplyError') throw error
}

function flooded(): ProbeFlooded {
  return new ProbeFlooded(
    `more than ${mostBytes / 1024 / 1024} MB came in answer: somebody else writes there`,
  )
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
  const words = firstWords(error)
  if (isWriteRefusal(words) || error.name === 'ReplyError') throw new ProbeRefused(words)
  throw new SourceError('refused', `Redis broke off the connection while it was asked`, 'redis')
}
