import type {CeleryFacts} from '../../../snapshot/celery.ts'
import type {HeldStory, NodesStory, TaskQuestion} from '../../../snapshot/task-story.ts'
import {asBoolean, asEntries, asList, asNumber, asText, at, type Json} from '../../loose-json.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import type {CeleryNames} from '../names.ts'
import type {Question} from '../nodes/envelope.ts'
import {type ProbeResult, probe} from '../nodes/probe.ts'
import {ProbeRefused} from '../nodes/round.ts'
import {conceal} from './conceal.ts'

const patienceSeconds = 1
/** Nodes that have all just answered are alive: on a starved machine they are waited for. */
const longPatienceSeconds = 2.5
/** A node is blocked while it tells what it holds for an ETA. */
const mostHeldForSchedule = 1000
const leastEpoch = 1e9

/** What the nodes know of a task; `null` when they must not or could not be asked. */
export async function askForTask(
  reach: ConnectedReach,
  names: CeleryNames,
  celery: CeleryFacts,
  question: TaskQuestion,
  signal: AbortSignal,
): Promise<NodesStory | null> {
  if (question.passive) return null
  const scheduledAsked = (celery.unacked.messages ?? 0) <= mostHeldForSchedule
  const {probe: first, nodes} = celery
  const allAnswered = first !== null && nodes.length + (first.unreadable ?? 0) >= first.subscribers
  const questions: Question[] = [
    {method: 'ping'},
    {method: 'query_task', arguments: {ids: [question.id]}},
    {method: 'revoked'},
    ...(scheduledAsked ? [{method: 'scheduled'} as const] : []),
  ]
  try {
    return nodesStory(
      await probe(
        reach,
        names,
        {
          questions,
          patienceSeconds: allAnswered ? longPatienceSeconds : patienceSeconds,
          mostSeconds: longPatienceSeconds,
        },
        signal,
      ),
      celery,
      question,
      scheduledAsked,
    )
  } catch (error) {
    if (error instanceof ProbeRefused) return null
    throw error
  }
}

export function nodesStory(
  {replies, subscribers}: Pick<ProbeResult, 'replies' | 'subscribers'>,
  celery: CeleryFacts,
  {id, showArgs}: TaskQuestion,
  scheduledAsked: boolean,
): NodesStory {
  const held: HeldStory[] = []
  const revokedOn: string[] = []
  const answered: string[] = []
  for (const {name} of celery.nodes) {
    // It has answered a moment ago, and is too busy to answer again.
    const own = replies.names.includes(name) ? null : seenBefore(celery, name, id)
    if (own !== null) held.push(own)
  }
  for (const node of replies.names) {
    const pool = celery.nodes.find(({name}) => name === node)?.pool ?? null
    for (let nth = 0; nth < replies.count(node); nth += 1) {
      const told = replies.answer('query_task', node, nth)
      // Arguments that are no JSON keep a node from answering this one: what it said of itself before still holds.
      const own = told === null ? seenBefore(celery, node, id) : heldStory(told, {node, pool, id, showArgs})
      const scheduled = replies.answer('scheduled', node, nth)?.find(task => task.id === id)
      if (told !== null || own !== null) answered.push(node)
      if (own !== null) held.push(own)
      else if (scheduled !== undefined)
        held.push({
          ...unknown(node, pool),
          state: 'scheduled',
          task: scheduled.name,
          queue: scheduled.queue,
          eta: scheduled.eta,
        })
      if (asList(replies.answer('revoked', node, nth))?.includes(id) === true) revokedOn.push(node)
    }
  }
  return {
    subscribers,
    answered,
    unreadable: replies.unreadable,
    held,
    revokedOn: [...new Set(revokedOn)],
    scheduledAsked,
  }
}

const states: Record<string, HeldStory['state']> = {active: 'running', reserved: 'reserved'}

/** `{id: [state, request]}` */
function heldStory(
  told: Json,
  {node, pool, id, showArgs}: {node: string; pool: string | null; id: string; showArgs: boolean},
): HeldStory | null {
  const [, entry] = asEntries(told).find(([key]) => key === id) ?? []
  const [state = null, request = null] = asList(entry ?? null) ?? []
  if (request === null) return null
  const start = asNumber(at(request, 'time_start'))
  return {
    node,
    pool,
    state: states[asText(state) ?? ''] ?? 'held',
    task: asText(at(request, 'name')) ?? asText(at(request, 'type')),
    queue: asText(at(request, 'delivery_info', 'routing_key')),
    startedAt: start === null || start < leastEpoch ? null : isoOf(start),
    pid: asNumber(at(request, 'worker_pid')),
    acknowledged: asBoolean(at(request, 'acknowledged')),
    redelivered: asBoolean(at(request, 'delivery_info', 'redelivered')),
    eta: null,
    args: conceal(at(request, 'args'), showArgs),
    kwargs: conceal(at(request, 'kwargs'), showArgs),
  }
}

function unknown(node: string, pool: string | null): HeldStory {
  return {
    ...{node, pool, state: 'held', task: null, queue: null, startedAt: null, pid: null, acknowledged: null},
    ...{redelivered: null, eta: null, args: null, kwargs: null},
  }
}

function seenBefore({nodes}: CeleryFacts, name: string, id: string): HeldStory | null {
  for (const node of nodes.filter(one => one.name === name)) {
    const running = node.active.find(task => task.id === id)
    if (running !== undefined)
      return {
        ...unknown(name, node.pool),
        ...{state: 'running', task: running.name, queue: running.queue, pid: running.pid},
        acknowledged: running.acknowledged,
        startedAt: running.runningSeconds === null ? null : isoOf(Date.now() / 1000 - running.runningSeconds),
      }
    const reserved = node.reservedTasks.find(task => task.id === id)
    if (reserved !== undefined)
      return {...unknown(name, node.pool), state: 'reserved', task: reserved.name, queue: reserved.queue}
  }
  return null
}

function isoOf(epochSeconds: number): string | null {
  const date = new Date(epochSeconds * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
