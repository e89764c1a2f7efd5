import type {CeleryFacts, FinishedFacts, Node} from '../snapshot/celery.ts'
import {matchesGlob} from './glob.ts'

export const liveStates = ['running', 'reserved', 'scheduled', 'waiting'] as const
export const endedStates = ['succeeded', 'failed', 'revoked'] as const
export type LiveState = (typeof liveStates)[number]
export type EndedState = (typeof endedStates)[number]
export type TaskState = LiveState | EndedState

/** Celery's words for them. */
export const celeryStates: Record<EndedState, readonly string[]> = {
  succeeded: ['SUCCESS'],
  failed: ['FAILURE'],
  revoked: ['REVOKED', 'REJECTED'],
}

/** One task as it is listed; `null` is what nobody told. */
export type TaskRow = {
  id: string | null
  task: string | null
  state: TaskState
  node: string | null
  queue: string | null
  /** Running: since it was taken; reserved and scheduled: since it was delivered; ended: since then. */
  ageSeconds: number | null
  /** ISO 8601: when it ended. */
  at: string | null
  /** ISO 8601. */
  eta: string | null
  runtimeSeconds: number | null
  exception: string | null
}

/** Which tasks are wanted; what is absent wants all. */
export type TaskFilter = {
  name?: string
  worker?: string
  queue?: string
  olderThanSeconds?: number
}

/** What there is of a live state, listed or not. */
export type LiveCount = {
  /** `null` where nobody could tell. */
  total: number | null
  /** The nodes that have them, or the queues that they wait in. */
  places: string[]
  /** ISO 8601: the soonest of those that are known; `null` when none has one. */
  nextEta: string | null
}

export type TaskList = {
  /** Which were asked for, and how many of each were seen before any filter. */
  states: {state: TaskState; seen: number}[]
  /** Those to show, at most as many as were asked for. */
  tasks: TaskRow[]
  /** How many the filter let through, of those that were seen. */
  matched: number
  /** Left out by `olderThanSeconds` because nobody knows their age. */
  ageUnknown: number
  /** `null` when Celery was not asked. */
  live: Record<LiveState, LiveCount> | null
  finished: Omit<FinishedFacts, 'tasks'> | null
  /** Finished tasks without a name: the result backend does not carry it. */
  nameless: number
}

/** The tasks of these states, each state in its own order: longest running first, next due first, newest ended first. */
export function listTasks(
  facts: {celery: CeleryFacts | null; finished: FinishedFacts | null; takenAt: string},
  states: readonly TaskState[],
  filter: TaskFilter,
  limit: number,
): TaskList {
  const lists = states.map(state => ({state, rows: rowsOf(state, facts)}))
  const rows = lists.flatMap(list => list.rows)
  const named = rows.filter(row => isWanted(row, filter))
  const old = named.filter(row => isOld(row, filter))
  const {celery, finished} = facts
  return {
    states: lists.map(({state, rows: {length}}) => ({state, seen: length})),
    tasks: old.slice(0, limit),
    matched: old.length,
    ageUnknown:
      filter.olderThanSeconds === undefined ? 0 : named.filter(row => row.ageSeconds === null).length,
    live: celery === null ? null : liveOf(celery),
    finished:
      finished === null
        ? null
        : {
            from: finished.from,
            notFlower: finished.notFlower,
            looked: finished.looked,
            complete: finished.complete,
          },
    nameless: (finished?.tasks ?? []).filter(({name}) => name === null).length,
  }
}

function rowsOf(
  state: TaskState,
  {celery, finished, takenAt}: {celery: CeleryFacts | null; finished: FinishedFacts | null; takenAt: string},
): TaskRow[] {
  if (isEnded(state)) return endedRows(finished, state, takenAt)
  if (celery === null) return []
  if (state === 'waiting') return waitingRows(celery)
  const rows = heldRows(celery, state)
  if (state === 'scheduled') return rows.sort((a, b) => byText(a.eta, b.eta))
  return rows.sort((a, b) => (b.ageSeconds ?? -1) - (a.ageSeconds ?? -1))
}

function isEnded(state: TaskState): state is EndedState {
  return (endedStates as readonly string[]).includes(state)
}

const nothing = {ageSeconds: null, at: null, eta: null, runtimeSeconds: null, exception: null} as const

function heldRows({nodes, unacked}: CeleryFacts, state: 'running' | 'reserved' | 'scheduled'): TaskRow[] {
  const delivered = new Map((unacked.sample ?? []).map(({id, deliveredSeconds}) => [id, deliveredSeconds]))
  const ageOf = (id: string) => delivered.get(id) ?? null
  return nodes.flatMap(({name: node, active, reservedTasks, scheduledTasks}): TaskRow[] => {
    const held = (task: {id: string; name: string; queue: string | null}) => ({
      ...nothing,
      ...{id: task.id, task: task.name, state, node, queue: task.queue},
    })
    if (state === 'running') return active.map(task => ({...held(task), ageSeconds: task.runningSeconds}))
    if (state === 'reserved') {
      // What runs is held, too, and some versions of Celery say so.
      const running = new Set(active.map(({id}) => id))
      return reservedTasks
        .filter(({id}) => !running.has(id))
        .map(task => ({...held(task), ageSeconds: ageOf(task.id)}))
    }
    return scheduledTasks.map(task => ({...held(task), ageSeconds: ageOf(task.id), eta: task.eta}))
  })
}

function waitingRows({queues}: CeleryFacts): TaskRow[] {
  return queues.flatMap(({name: queue, sample}) =>
    (sample?.seen ?? (sample?.oldest == null ? [] : [sample.oldest])).map(
      ({id, task, eta}): TaskRow => ({...nothing, id, task, state: 'waiting', node: null, queue, eta}),
    ),
  )
}

function endedRows(finished: FinishedFacts | null, state: EndedState, takenAt: string): TaskRow[] {
  return (finished?.tasks ?? [])
    .filter(task => celeryStates[state].includes(task.state))
    .map(
      (task): TaskRow => ({
        ...{id: task.id, task: task.name, state, node: task.node, queue: task.queue, at: task.at, eta: null},
        ageSeconds: secondsBetween(task.at, takenAt),
        runtimeSeconds: task.runtimeSeconds,
        exception: task.exception,
      }),
    )
}

function secondsBetween(from: string | null, to: string): number | null {
  const seconds = from === null ? Number.NaN : (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}

function liveOf({nodes, queues, probe}: CeleryFacts): Record<LiveState, LiveCount> {
  const onNodes = (count: (node: Node) => number | null, nextEta: string | null = null): LiveCount => ({
    total: probe === null ? null : sum(nodes.map(count)),
    places: nodes.filter(node => (count(node) ?? 0) > 0).map(({name}) => name),
    nextEta,
  })
  const etas = nodes.flatMap(({scheduledTasks}) => scheduledTasks.flatMap(({eta}) => eta ?? []))
  return {
    running: onNodes(({active}) => active.length),
    reserved: onNodes(({reserved}) => reserved),
    scheduled: onNodes(({scheduled}) => scheduled, etas.sort()[0] ?? null),
    waiting: {
      total: sum(queues.map(({ready}) => ready)),
      places: queues.filter(({ready}) => ready > 0).map(({name}) => name),
      nextEta: null,
    },
  }
}

/** `null` as soon as one of them did not tell. */
function sum(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce<number | null>(
    (total, number) => (total === null || number === null ? null : total + number),
    0,
  )
}

function isWanted(row: TaskRow, {name, worker, queue}: TaskFilter): boolean {
  const fits = (text: string | null, glob: string | undefined) =>
    glob === undefined || (text !== null && matchesGlob(text, glob))
  return fits(row.task, name) && fits(row.node, worker) && fits(row.queue, queue)
}

function isOld({ageSeconds}: TaskRow, {olderThanSeconds}: TaskFilter): boolean {
  return olderThanSeconds === undefined || (ageSeconds !== null && ageSeconds > olderThanSeconds)
}

function byText(a: string | null, b: string | null): number {
  if (a === b) return 0
  return (a ?? '\uffff') < (b ?? '\uffff') ? -1 : 1
}
