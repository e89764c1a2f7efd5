import type {CeleryFacts, CeleryQuestion} from '../../../snapshot/celery.ts'
import type {ReadingError} from '../../../snapshot/reading.ts'
import type {RedisConnection} from '../../redis/connection.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {bindingsOf, type CeleryNames, mailboxOf, nodeOf, separatorIn} from '../names.ts'
import {unlessForbidden} from '../queues/queues.ts'
import {listenersElsewhere} from './channel.ts'
import {type Clocks, hearClocks} from './clocks.ts'
import {briefRound, type Question, usualRound} from './envelope.ts'
import {duplicatesIn, nodesFrom} from './node.ts'
import {collectLeftovers, type ProbeResult, probe} from './probe.ts'
import {readRefused} from './refused.ts'
import {ProbeFlooded, ProbeRefused} from './round.ts'

type Client = ConnectedReach['connection']['client']

const usualPatienceSeconds = 1
/** Of the time for Celery: queues are looked at after the nodes. */
const secondsForTheRest = 1
/** A node is blocked while it tells what it has scheduled: 0.1 s for 3,000 tasks. */
const mostHeldForSchedule = 1000
/** More are no hub but a mistake, or somebody's malice: each name is a row in what is printed. */
const mostKnown = 10_000
/** So many nodes may differ in version, and to ask them costs little beside the rest. */
const [fewestToCompare, mostToCompare] = [2, 50]

/** Nodes that have said who they are and have not said goodbye, and the names as their bindings are written. */
export async function readKnownNodes(
  client: Client,
  names: CeleryNames,
): Promise<{names: CeleryNames; known: string[]}> {
  const bindings = (await unlessForbidden(client.smembers(bindingsOf(names, mailboxOf(names))))) ?? []
  // Must be known before our own binding is written: one that nodes cannot take apart would keep them from answering.
  const written = {...names, separator: separatorIn(bindings) ?? names.separator}
  const known = [...new Set(bindings.flatMap(one => nodeOf(one, written) ?? []))].sort()
  return {names: written, known: known.slice(0, mostKnown)}
}

export type AskedNodes = ProbeResult & {
  /** How far the nodes' clocks are ahead of ours, by name; absent where they were not listened to. */
  clocks?: ReadonlyMap<string, number>
  waitingClients?: number | null
  elsewhere?: {database: number; nodes: number}[]
  refused?: {user: string; what: string}[]
}

/** Clients that are blocked waiting for messages here, as a node is nearly all the time; `null` where that may not be known. */
async function countWaiting(client: Client, {database}: CeleryNames): Promise<number | null> {
  const clients = await unlessForbidden(client.client('LIST') as Promise<string>)
  if (clients === null) return null
  const waits = (line: string) =>
    line.includes(` db=${database} `) && / flags=\S*b/.test(line) && / cmd=brpop /.test(line)
  return clients.split('\n').filter(waits).length
}

/** Connections that wait for what nodes say; for heartbeats only where their clocks are asked for. */
export type Listeners = {replies: Promise<RedisConnection>; heartbeats: Promise<RedisConnection> | null}

/** What the nodes answer, or why they could not be asked; `null` when they must not be, so that nobody listens. */
export async function askNodes(
  reach: ConnectedReach,
  names: CeleryNames,
  question: CeleryQuestion & {secondsInAll?: number},
  listeners: Listeners | null,
  signal: AbortSignal,
): Promise<AskedNodes | ReadingError | null> {
  if (listeners === null) return null
  const {replies: listener, heartbeats} = listeners
  let clocks: Clocks | null = null
  try {
    const hearing = heartbeats === null ? null : hearClocks(heartbeats, names, signal)
    const questions = await untilAborted(questionsFor(reach, names, question), signal)
    clocks = await hearing
    const more = (subscribers: number): Question[] => [
      ...(question.versions === undefined &&
      question.briefly !== true &&
      subscribers >= fewestToCompare &&
      subscribers <= mostToCompare
        ? [{method: 'report'} as const]
        : []),
      ...(clocks?.mayAsk(subscribers) === true ? [{method: 'heartbeat'} as const] : []),
    ]
    const patienceSeconds = question.patienceSeconds ?? usualPatienceSeconds
    const mostSeconds = Math.max(2 * patienceSeconds, (question.secondsInAll ?? 0) - secondsForTheRest)
    const [result] = await Promise.all([
      probe(reach, names, {questions, more, patienceSeconds, mostSeconds, listener}, signal),
      collectLeftovers(reach, names),
    ])
    if (result.subscribers > 0) return clocks === null ? result : {...result, clocks: clocks.offsets()}
    const {client} = reach.connection
    const [waitingClients, elsewhere, refused] = await untilAborted(
      Promise.all([countWaiting(client, names), listenersElsewhere(client, names), readRefused(reach)]),
      signal,
    )
    return {...result, waitingClients, elsewhere, refused}
  } catch (error) {
    if (error instanceof ProbeFlooded) return {code: 'probe-flooded', message: error.message}
    if (!(error instanceof ProbeRefused)) throw error
    return {
      code: 'probe-refused',
      message: `Redis refuses what asking the nodes takes: ${error.message}`,
      because: 'redis',
    }
  } finally {
    clocks?.close()
  }
}

async function questionsFor(
  {connection: {client}}: ConnectedReach,
  names: CeleryNames,
  {briefly, scheduled, versions}: CeleryQuestion,
): Promise<readonly Question[]> {
  const held = scheduled === true ? await unlessForbidden(client.hlen(`${names.prefix}unacked`)) : null
  return [
    ...(briefly === true ? briefRound : usualRound),
    ...(held !== null && held <= mostHeldForSchedule ? [{method: 'scheduled'} as const] : []),
    ...(versions === true ? [{method: 'report'} as const] : []),
  ]
}

/** What is known of the nodes now; `null` for a result: they were not asked. */
export function nodeFacts(
  result: AskedNodes | null,
  known: string[],
): Pick<CeleryFacts, 'probe' | 'nodes' | 'registered' | 'silent' | 'known' | 'duplicates'> {
  if (result === null) return {probe: null, nodes: [], registered: [], silent: [], known, duplicates: []}
  const {replies, subscribers, seconds, clocks, waitingClients = null, elsewhere = [], refused = []} = result
  const {nodes, registered} = nodesFrom(replies, Date.now() / 1000, clocks)
  const answered = new Set(replies.names)
  const unanswered = known.filter(name => !answered.has(name))
  const {unreadable} = replies
  return {
    probe: {
      subscribers,
      seconds,
      ...(unreadable === 0 ? {} : {unreadable}),
      ...(waitingClients === null ? {} : {waitingClients}),
      ...(elsewhere.length === 0 ? {} : {elsewhere}),
      ...(refused.length === 0 ? {} : {refused}),
    },
    nodes,
    registered,
    // Which of them it was that answered in pickle is not known.
    silent: unanswered.length <= unreadable ? [] : unanswered,
    known,
    duplicates: duplicatesIn(replies),
  }
}
