import {randomUUID} from 'node:crypto'
import type {ConnectedReach} from '../redis/reach.ts'
import {type Question, requestOf, usualRound} from './envelope.ts'
import {bindingsOf, type CeleryNames, leftoverOid, replyExchangeOf} from './names.ts'
import {Replies} from './replies.ts'
import {askRound, takeAway} from './round.ts'

export type ProbeResult = {
  /** Nodes that the requests were delivered to, hung ones too. */
  subscribers: number
  seconds: number
  replies: Replies
}

/**
 * Asks every node at once and waits until all that are connected have answered everything, else `patienceSeconds`.
 * Leaves nothing behind, also when the signal aborts: `reach.close` waits for that. Throws `ProbeRefused`.
 */
export async function probe(
  reach: ConnectedReach,
  names: CeleryNames,
  patienceSeconds: number,
  signal: AbortSignal,
  questions: readonly Question[] = usualRound,
): Promise<ProbeResult> {
  const asked = questions.map(question => ({...question, request: requestOf(question, randomUUID())}))
  const replies = new Replies(new Map(asked.map(({method, request}) => [request.ticket, method])))
  const round = {
    requests: asked.map(({request}) => request),
    patienceSeconds,
    add: replies.add.bind(replies),
    isComplete: replies.isComplete.bind(replies),
  }
  return {...(await askRound(reach, names, round, signal)), replies}
}

/** Takes away what killed runs of ours have left for more than an hour. Never throws. */
export async function collectLeftovers(reach: ConnectedReach, names: CeleryNames): Promise<void> {
  const {client} = reach.connection
  const bindings = await client.smembers(bindingsOf(names, replyExchangeOf(names))).catch(() => [])
  const oids = bindings.flatMap(binding => leftoverOid(binding, Date.now()) ?? [])
  if (oids.length > 0) await takeAway(reach, names, oids, 0)
}
