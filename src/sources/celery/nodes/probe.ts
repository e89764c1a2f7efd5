import {randomUUID} from 'node:crypto'
import type {ConnectedReach} from '../../redis/reach.ts'
import {bindingsOf, type CeleryNames, leftoverOid, replyExchangeOf} from '../names.ts'
import {type Method, type Question, requestOf, usualRound} from './envelope.ts'
import {Replies} from './replies.ts'
import {askRound, type Round, type RoundResult, takeAway} from './round.ts'

export type ProbeResult = RoundResult & {replies: Replies}

export type Asking = {
  /** The usual round when absent. */
  questions?: readonly Question[]
  /** What else to ask when so many nodes are connected. */
  more?: (subscribers: number) => readonly Question[]
} & Pick<Round, 'patienceSeconds' | 'listener'> &
  Partial<Pick<Round, 'mostSeconds'>>

/**
 * Asks every node at once and waits until all that are connected have answered everything, else through `patienceSeconds` of
 * silence, and never longer than `mostSeconds` (twice the patience when absent).
 * Leaves nothing behind, also when the signal aborts: `reach.close` waits for that. Throws `ProbeRefused`.
 */
export async function probe(
  reach: ConnectedReach,
  names: CeleryNames,
  {questions = usualRound, more = () => [], ...waiting}: Asking,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const methods = new Map<string, Method>()
  const replies = new Replies(methods)
  const requestsFor = (asked: readonly Question[]) =>
    asked.map(question => {
      const request = requestOf(question, randomUUID())
      methods.set(request.ticket, question.method)
      return request
    })
  const round = {
    mostSeconds: 2 * waiting.patienceSeconds,
    ...waiting,
    requests: requestsFor(questions),
    more: (subscribers: number) => requestsFor(more(subscribers)),
    add: replies.add.bind(replies),
    isComplete: replies.isComplete.bind(replies),
  }
  return {...(await askRound(reach, names, round, signal)), replies}
}

/** Takes away what killed runs of ours have left for more than an hour. Never throws. */
export async function collectLeftovers(reach: ConnectedReach, names: CeleryNames): Promise<void> {
  const {client} = reach.connection
  const bindings = await client.smembers(bindingsOf(names, replyExchangeOf(names))).catch(() => [])
  const oids = bindings.flatMap(binding => leftoverOid(binding, Date.now(), names.separator) ?? [])
  if (oids.length > 0) await takeAway(reach, names, oids, 0)
}
