import {clean} from '../render/text/clean.ts'
import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {NodeReply} from '../sources/celery/nodes/control.ts'
import {asEntries, asList, asText, at, type Json} from '../sources/loose-json.ts'

export type TaskPlace = 'running' | 'reserved' | 'scheduled' | 'waiting'

/** Where a task is; a state of `null`: no node that answers has it, and it was not seen in a queue. */
export type Whereabouts = {
  id: string
  task: string | null
  state: TaskPlace | null
  node: string | null
  queue: string | null
  runningSeconds: number | null
  /** Its node's kind of pool. */
  pool: string | null
}

/** Celery's words; one that is `ready` is done. */
const states: Readonly<Record<string, TaskPlace>> = {active: 'running', reserved: 'reserved'}

/**
 * Where tasks are: by what nodes replied to `query_task`, which knows all that they run and reserve, and by what was seen of
 * schedules and queues, which is bounded. Arguments that nodes send along are not kept.
 */
export function findTasks(
  ids: readonly string[],
  celery: CeleryFacts,
  replies: readonly NodeReply[],
): Whereabouts[] {
  const poolOf = (node: string) => celery.nodes.find(({name}) => name === node)?.pool ?? null
  const asked = heldOf(replies)
  const unknown = {task: null, state: null, node: null, queue: null, runningSeconds: null, pool: null}
  return ids.map((id): Whereabouts => {
    const running = celery.nodes.flatMap(({name, active}) =>
      active.filter(task => task.id === id).map(task => ({task, node: name})),
    )[0]
    const held = asked.get(id)
    if (held !== undefined)
      return {
        id,
        task: asText(at(held.info, 'name')) ?? asText(at(held.info, 'type')),
        state: held.state,
        node: held.node,
        queue: asText(at(held.info, 'delivery_info', 'routing_key')),
        runningSeconds: held.state === 'running' ? (running?.task.runningSeconds ?? null) : null,
        pool: poolOf(held.node),
      }
    for (const {name, scheduledTasks} of celery.nodes)
      for (const task of scheduledTasks)
        if (task.id === id)
          return {
            ...unknown,
            id,
            task: task.name,
            state: 'scheduled',
            node: name,
            queue: task.queue,
            pool: poolOf(name),
          }
    for (const queue of celery.queues)
      for (const message of queue.sample?.seen ?? [])
        if (message.id === id)
          return {...unknown, id, task: message.task, state: 'waiting', queue: queue.name}
    return {...unknown, id}
  })
}

/** Of tasks that ran, those that may still run: their node says so, or does not reply. */
export function stillRunning(ran: readonly Whereabouts[], replies: readonly NodeReply[]): Whereabouts[] {
  const heard = new Set(replies.map(({node}) => node))
  const held = heldOf(replies)
  return ran.filter(({id, node}) => held.get(id)?.state === 'running' || !heard.has(node ?? ''))
}

/** What nodes replied to `query_task` with, by id. */
function heldOf(replies: readonly NodeReply[]): Map<string, {node: string; state: TaskPlace; info: Json}> {
  return new Map(
    replies.flatMap(({node, value}) =>
      asEntries(value).flatMap(([id, entry]) => {
        const [word = null, info = null] = asList(entry) ?? []
        const state = states[asText(word) ?? '']
        return state === undefined ? [] : [[id, {node, state, info}] as const]
      }),
    ),
  )
}

const mostNamed = 10

/** Where each is, what revoking does to it, and what it does not do; a sentence each. */
export function foretellRevoke(
  tasks: readonly Whereabouts[],
  how: {terminate: boolean; signal: string; silent: number},
): string[] {
  const running = tasks.filter(({state}) => state === 'running')
  const unable = running.filter(({pool}) => pool !== null && pool !== 'prefork')
  return [
    ...tasks.slice(0, mostNamed).map(placeInWords),
    ...(tasks.length > mostNamed ? [`And ${plural(tasks.length - mostNamed, 'task')} more.`] : []),
    `Every node that is connected remembers not to run ${tasks.length === 1 ? 'it' : 'them'}; in memory alone, unless it was started with --statedb: one that starts later, or again, runs ${tasks.length === 1 ? 'it' : 'them'}.`,
    ...(how.terminate
      ? [
          `--terminate sends ${how.signal} to the pool process that runs ${tasks.length === 1 ? 'it' : 'one of them'}; should that process be at another task by then, that one is hit.`,
        ]
      : running.length > 0
        ? [`What runs already goes on: only --terminate ends it.`]
        : []),
    ...(how.terminate && unable.length > 0
      ? [
          `A pool of ${[...new Set(unable.map(({pool}) => pool))].join(', ')} has no process to end: ${unable.map(({id}) => id).join(', ')} may go on.`,
        ]
      : []),
    ...(how.silent > 0
      ? [
          `${plural(how.silent, 'node')} ${how.silent === 1 ? 'does' : 'do'} not answer: told when it wakes, if it does.`,
        ]
      : []),
  ]
}

function placeInWords({id, task, state, node, queue, runningSeconds}: Whereabouts): string {
  const name = clean(task === null ? id : `${task} ${id}`)
  switch (state) {
    case 'running':
      return `${name} runs on ${node}${runningSeconds === null ? '' : `, for ${duration(runningSeconds)}`}.`
    case 'reserved':
      return `${name} is held by ${node}, not begun.`
    case 'scheduled':
      return `${name} is held by ${node} for its ETA.`
    case 'waiting':
      return `${name} waits in queue ${queue}.`
    default:
      return `${name} is with no node that answers: it may wait further back in a queue, be done, or never have been.`
  }
}
