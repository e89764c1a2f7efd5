import type {FinishedTask} from '../../snapshot/celery.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {cut} from '../celery/tasks/outcome.ts'
import {asEntries, asNumber, asText, at, type Json} from '../loose-json.ts'
import {askApi} from './api.ts'
import type {FlowerAccess} from './read.ts'

/** Newest of each state; fewer where long arguments or tracebacks make an answer too long to be read. */
const limits = [500, 50] as const

/**
 * What ended, by Flower's API: of each state the newest, newest first. Arguments, results and tracebacks are dropped.
 * Throws a `SourceError` when Flower tells nothing.
 */
export async function finishedByFlower(
  access: FlowerAccess,
  states: readonly string[],
  signal: AbortSignal,
): Promise<{tasks: FinishedTask[]; complete: boolean}> {
  const lists = await Promise.all(states.map(state => newestOf(access, state, signal)))
  return {
    tasks: lists.flatMap(({tasks}) => tasks).sort((a, b) => ((a.at ?? '') > (b.at ?? '') ? -1 : 1)),
    complete: lists.every(({complete}) => complete),
  }
}

async function newestOf(
  access: FlowerAccess,
  state: string,
  signal: AbortSignal,
): Promise<{tasks: FinishedTask[]; complete: boolean}> {
  for (const limit of limits) {
    // Without sort_by, Flower gives what it heard of last first.
    const query = new URLSearchParams({state, limit: String(limit)})
    const answer = await askApi(access, `api/tasks?${query}`, signal)
    if (answer === 'cut') continue
    if (answer === 'no-such-task') break
    const entries = asEntries(answer.json)
    return {
      tasks: entries.flatMap(([id, task]) => finishedTask(id, task, state) ?? []),
      complete: limit === limits[0] && entries.length < limit,
    }
  }
  throw new SourceError('too-long', `its list of tasks (${state}) is too long to be read`)
}

function finishedTask(id: string, task: Json, state: string): FinishedTask | null {
  if (asText(at(task, 'state')) !== state) return null
  const exception = asText(at(task, 'exception'))
  return {
    id,
    name: asText(at(task, 'name')),
    state,
    node: asText(at(task, 'worker')),
    queue: asText(at(task, 'routing_key')),
    at: isoOf(asNumber(at(task, endings[state] ?? 'timestamp')) ?? asNumber(at(task, 'timestamp'))),
    runtimeSeconds: asNumber(at(task, 'runtime')),
    // What a task that succeeded was retried for is no failure.
    exception: exception === null || state === 'SUCCESS' ? null : cut(exception),
  }
}

const endings: Record<string, string> = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  REVOKED: 'revoked',
  REJECTED: 'rejected',
}

function isoOf(seconds: number | null): string | null {
  const date = new Date((seconds ?? Number.NaN) * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
