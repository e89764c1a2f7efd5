import type {HistoryFacts, TaskHistory} from '../snapshot/history.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Measurement} from './metric.ts'

/**
 * The history that tells of tasks: of the window that was asked for whatever was seen of it, and of the latest stretch where half of it
 * was. What saw less says less than Flower's counters do, where there are any.
 */
export function historyInForce(snapshot: Snapshot): HistoryFacts | undefined {
  const history = factsFrom(snapshot.sources.history)
  if (history === undefined || snapshot.window !== undefined) return history
  const {seconds, missingSeconds} = history.coverage
  const seen = seconds - missingSeconds
  const counted = (factsFrom(snapshot.sources.flower)?.tasks?.byTask ?? []).length > 0
  return seen > 0 && (seen >= seconds / 2 || !counted) ? history : undefined
}

/**
 * What only a recorder can tell: a measurement of all tasks and one a task type, the busiest first. None at all where history was not
 * read; one that says `why` where it tells nothing of any task.
 */
export function perTaskInWindow(
  snapshot: Snapshot,
  measure: (task: TaskHistory) => {value: number | null; samples: number},
  why: string,
): Measurement[] {
  const history = historyInForce(snapshot)
  if (history === undefined) return []
  const {from, coverage, total, tasks} = history
  const own = {source: 'history', since: from} as const
  const measured = (task: TaskHistory) => ({
    ...own,
    ...measure(task),
    ...(coverage.complete || measure(task).value === null ? {} : {incomplete: true as const}),
  })
  if (measure(total).value === null) return [{labels: {}, value: null, ...own, samples: null, note: why}]
  return [
    {labels: {}, ...measured(total)},
    ...tasks.flatMap(task => (task.task === null ? [] : [{labels: {task: task.task}, ...measured(task)}])),
  ]
}

/** Why nobody knows how long tasks wait. */
export const noneSent = 'the application sends no task-sent (task_send_sent_event)'
