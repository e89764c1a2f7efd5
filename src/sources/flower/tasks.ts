import type {TaskOutcome} from '../../snapshot/celery.ts'
import type {FlowerFacts} from '../../snapshot/flower.ts'
import {cut, inOrder, noOutcome} from '../celery/tasks/outcome.ts'
import {asEntries, asNumber, asText, at, parseJson} from '../loose-json.ts'
import {parsePrometheus} from './prometheus.ts'

const wanted = new Set([
  'process_start_time_seconds',
  'flower_events_total',
  'flower_task_runtime_seconds_sum',
  'flower_task_runtime_seconds_count',
  'flower_worker_online',
])

/** Counters since Flower's start; `null` when the text is not Flower's. */
export function tasksFrom(metrics: string): FlowerFacts['tasks'] {
  if (!/^# HELP flower_/m.test(metrics)) return null
  const outcomes = new Map<string, TaskOutcome>()
  const events = new Map<string, number>()
  let since: string | null = null
  for (const {name, labels, value} of parsePrometheus(metrics, wanted)) {
    if (!Number.isFinite(value)) continue
    const {task, type, worker} = labels
    if (name === 'process_start_time_seconds') since = isoFrom(value)
    else if (name === 'flower_worker_online' && worker !== undefined)
      events.set(worker, events.get(worker) ?? 0)
    else if (task !== undefined) count(outcomeOf(outcomes, task), name, type, value)
    // Who sends a task names itself as the worker of that event, and is none.
    if (name === 'flower_events_total' && worker !== undefined && type !== 'task-sent')
      events.set(worker, (events.get(worker) ?? 0) + value)
  }
  return {since, byTask: inOrder([...outcomes.values()]), eventsByNode: Object.fromEntries(events)}
}

/** Adds the newest failure of each task, from `/api/tasks?state=FAILURE`; arguments and tracebacks are dropped. */
export function addFailures(byTask: readonly TaskOutcome[], list: string): void {
  const outcomes = new Map(byTask.map(outcome => [outcome.task, outcome]))
  for (const [id, task] of asEntries(parseJson(list))) {
    const outcome = outcomes.get(asText(at(task, 'name')))
    const exception = asText(at(task, 'exception'))
    if (outcome === undefined || exception === null || asText(at(task, 'state')) !== 'FAILURE') continue
    const when = asNumber(at(task, 'failed')) ?? asNumber(at(task, 'timestamp'))
    const iso = when === null ? null : isoFrom(when)
    if (outcome.newestFailure === null || (iso ?? '') > (outcome.newestFailure.at ?? ''))
      outcome.newestFailure = {exception: cut(exception), at: iso, id}
  }
}

function outcomeOf(outcomes: Map<string, TaskOutcome>, task: string): TaskOutcome {
  let outcome = outcomes.get(task)
  if (outcome === undefined) {
    outcome = {...noOutcome(task), retried: 0, received: 0}
    outcomes.set(task, outcome)
  }
  return outcome
}

function count(outcome: TaskOutcome, name: string, type: string | undefined, value: number): void {
  if (name === 'flower_task_runtime_seconds_sum')
    outcome.runtimeSecondsSum = (outcome.runtimeSecondsSum ?? 0) + value
  else if (name === 'flower_task_runtime_seconds_count') outcome.runtimeSamples += value
  else if (type === 'task-succeeded') outcome.succeeded += value
  else if (type === 'task-failed') outcome.failed += value
  else if (type === 'task-retried') outcome.retried = (outcome.retried ?? 0) + value
  else if (type === 'task-received') outcome.received = (outcome.received ?? 0) + value
}

function isoFrom(seconds: number): string | null {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
