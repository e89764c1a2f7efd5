import type {ResultsFacts, TaskOutcome} from '../../../snapshot/celery.ts'
import {asName, asNumber, at, type Json, parseJson} from '../../loose-json.ts'

/** What a stored result tells of a finished task; neither its arguments nor what it returned. */
export type StoredResult = {
  task: string | null
  status: string
  /** ISO 8601, UTC. */
  doneAt: string | null
  id: string | null
  retries: number | null
  /** `null` where the application does not keep more than the result (`result_extended` off). */
  node: string | null
  queue: string | null
  /** Type and message, for what failed or was revoked. */
  exception: string | null
}

const longestException = 200
const failed = new Set(['FAILURE', 'REVOKED', 'REJECTED', 'RETRY'])

/** `null` for what is no result in JSON (pickle, something else under such a key). */
export function decodeResult(text: string): StoredResult | null {
  let result: Json
  try {
    result = parseJson(text)
  } catch {
    return null
  }
  const status = asName(at(result, 'status'))
  if (status === null) return null
  return {
    status,
    task: asName(at(result, 'name')),
    doneAt: utc(asName(at(result, 'date_done'))),
    id: asName(at(result, 'task_id')),
    retries: asNumber(at(result, 'retries')),
    node: asName(at(result, 'worker')),
    queue: asName(at(result, 'queue')),
    exception: failed.has(status) ? exceptionOf(at(result, 'result')) : null,
  }
}

/** What was found of results, and where. */
export type ResultsSample = Pick<ResultsFacts, 'database' | 'complete' | 'expiry'> & {
  results: readonly StoredResult[]
}

/** Counts by task; whether these are all results there are is `complete`. */
export function tally({results, database, complete, expiry}: ResultsSample): ResultsFacts {
  const byTask = new Map<string | null, TaskOutcome>()
  let since: string | null = null
  for (const result of results) {
    if (result.doneAt !== null && (since === null || result.doneAt < since)) since = result.doneAt
    let outcome = byTask.get(result.task)
    if (outcome === undefined) {
      outcome = noOutcome(result.task)
      byTask.set(result.task, outcome)
    }
    add(outcome, result)
  }
  return {
    database,
    sampled: results.length,
    complete,
    since,
    byTask: inOrder([...byTask.values()]),
    expiry,
  }
}

export function noOutcome(task: string | null): TaskOutcome {
  return {
    task,
    succeeded: 0,
    failed: 0,
    retried: null,
    received: null,
    runtimeSecondsSum: null,
    runtimeSamples: 0,
    newestFailure: null,
  }
}

/** By name, what has none last. */
export function inOrder(outcomes: TaskOutcome[]): TaskOutcome[] {
  const key = ({task}: TaskOutcome) => (task === null ? '\uffff' : task)
  return outcomes.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function add(outcome: TaskOutcome, result: StoredResult): void {
  if (result.status === 'SUCCESS') outcome.succeeded += 1
  if (result.retries !== null) outcome.retried = (outcome.retried ?? 0) + result.retries
  if (result.status !== 'FAILURE') return
  outcome.failed += 1
  const newest = outcome.newestFailure
  if (newest === null || (result.doneAt ?? '') > (newest.at ?? ''))
    outcome.newestFailure = {
      exception: result.exception ?? 'unknown',
      at: result.doneAt,
      id: result.id,
    }
}

/** `ValueError: boom`, cut. */
function exceptionOf(result: Json): string {
  const type = asName(at(result, 'exc_type')) ?? 'unknown'
  const message = at(result, 'exc_message')
  const first = Array.isArray(message) ? (message[0] ?? null) : message
  const words = typeof first === 'string' ? first : first === null ? '' : asWords(first)
  return cut(words === '' ? type : `${type}: ${words}`)
}

function asWords(value: Json): string {
  try {
    return JSON.stringify(value)
  } catch {
    // Nested deeper than can be followed.
    return '…'
  }
}

export function cut(text: string): string {
  return text.length <= longestException ? text : `${text.slice(0, longestException - 1)}…`
}

/** Celery writes UTC, with an offset or without (naive dates of Celery before 5.5). */
function utc(text: string | null): string | null {
  if (text === null) return null
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`
  const date = new Date(zoned)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
