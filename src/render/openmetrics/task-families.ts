import type {RecordedDurations, RecordedTasks} from '../../snapshot/recorded-bucket.ts'
import {type Family, type Labels, prefix} from './family.ts'

/** What happened to the tasks of one type and queue since a moment; only ever grows. */
export type TaskTotals = Pick<RecordedTasks, Outcome> & {
  runtime: Totals
  wait: Totals
  /** Epoch seconds. */
  at?: number
  created?: number
}
type Totals = Pick<RecordedDurations, 'upTo' | 'count' | 'sum'>

/** Of one type and queue, the oldest first. */
export type TaskSeries = {
  task: string | null
  queue: string | null
  /** Whether it was ever told when tasks were sent. */
  waits: boolean
  totals: () => Iterable<TaskTotals>
}

const outcomes = {
  sent: 'Tasks that clients sent, where they send task-sent.',
  received: 'Deliveries of tasks to a node, retries included.',
  started: 'Tasks that a pool process has begun.',
  succeeded: 'Tasks that ended well.',
  failed: 'Tasks that ended with an exception.',
  retried: 'Tasks that are to be tried again.',
  revoked: 'Tasks that were taken back.',
  rejected: 'Tasks that a node refused.',
  vanished: 'Tasks that were begun and never heard of again.',
} as const
type Outcome = keyof typeof outcomes

/** Events of tasks whose name was not seen. */
export const unknownTask = '(unknown)'

export function taskLabels({task, queue}: Pick<TaskSeries, 'task' | 'queue'>): Labels {
  return {task: task ?? unknownTask, queue: queue ?? ''}
}

/** A counter an outcome and a histogram a duration, of every series. */
export function taskFamilies(series: readonly TaskSeries[]): Family[] {
  const points = function* <P>(of: readonly TaskSeries[], point: (totals: TaskTotals) => P) {
    for (const one of of) {
      const labels = taskLabels(one)
      for (const totals of one.totals()) yield {labels, ...momentOf(totals), ...point(totals)}
    }
  }
  return [
    ...Object.entries(outcomes).map(([outcome, help]): Family => {
      const of = outcome as Outcome
      return {
        ...{name: `${prefix}task_${outcome}`, type: 'counter', help},
        points: points(series, totals => ({value: totals[of]})),
      }
    }),
    {
      ...{name: `${prefix}task_runtime_seconds`, type: 'histogram'},
      help: 'Time that a pool process worked on a task, of those that succeeded.',
      points: points(series, ({runtime}) => runtime),
    },
    {
      ...{name: `${prefix}task_wait_seconds`, type: 'histogram'},
      help: 'Time from sending a task to its start, where clients send task-sent.',
      points: points(
        series.filter(({waits}) => waits),
        ({wait}) => wait,
      ),
    },
  ]
}

function momentOf({at, created}: Pick<TaskTotals, 'at' | 'created'>) {
  return {...(at === undefined ? {} : {at}), ...(created === undefined ? {} : {created})}
}

/** How much of the time a recorder has seen, and what it knows to have missed in it. */
export function coverageFamilies(
  points: readonly {coveredSeconds: number; missedEvents: number; at?: number; created?: number}[],
): Family[] {
  const counted = (of: 'coveredSeconds' | 'missedEvents') =>
    points.map(point => ({labels: {}, ...momentOf(point), value: point[of]}))
  return [
    {
      ...{name: `${prefix}history_covered_seconds`, type: 'counter'},
      help: 'Time in which a recorder saw every event but those known to be missed; what is short of the time that has passed is a gap.',
      points: counted('coveredSeconds'),
    },
    {
      ...{name: `${prefix}history_missed_events`, type: 'counter'},
      help: 'Events known to be lost beside the gaps, at least.',
      points: counted('missedEvents'),
    },
  ]
}
