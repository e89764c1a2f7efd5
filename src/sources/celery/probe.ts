import {randomUUID} from 'node:crypto'
import type {ConnectedReach} from '../redis/reach.ts'
import {type Method, type Question, requestOf, usualRound} from './envelope.ts'
import {bindingsOf, type CeleryNames, leftoverOid, replyExchangeOf} from './names.ts'
import {Replies} from './replies.ts'
import {askRound, type RoundResult, takeAway} from './round.ts'

export type ProbeResult = RoundResult & {replies: Replies}

/** What else to ask when so many nodes are connected. */
export type MoreQuestions = (subscribers: number) => readonly Question[]

/**
 * Asks every node at once and waits until all that are connected have answered everything, else through `patienceSeconds` of
 * silence, and never longer than `mostSeconds`.
 * Leaves nothing behind, also when the signal aborts: `reach.close` waits for that. Throws `ProbeRefused`.
 */
export async function probe(
  reach: ConnectedReach,
  names: CeleryNames,
  patienceSeconds: number,
  signal: AbortSignal,
  questions: readonly Question[] = usualRound,
  more: MoreQuestions = () => [],
  mostSeconds = 2 * patienceSeconds,
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
    requests: requestsFor(questions),
    more: (subscribers: number) => requestsFor(more(subscribers)),
    patienceSeconds,
    mostSeconds,
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
