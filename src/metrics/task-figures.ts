import type {CeleryFacts, ResultsFacts, TaskOutcome} from '../snapshot/celery.ts'
import type {FlowerFacts} from '../snapshot/flower.ts'
import type {HistoryFacts} from '../snapshot/history.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Measurement} from './metric.ts'
import {historyInForce} from './window-figures.ts'

/** What is known of one task type, or of all of them; `null` is "this source cannot tell". */
export type TaskFigure = Omit<TaskOutcome, 'succeeded' | 'failed'> & {
  succeeded: number | null
  failed: number | null
}

/** The best account of what became of tasks, and whose it is. */
export type TaskFigures = {source: SourceId; since: string | null; byTask: TaskFigure[]; incomplete?: boolean}

/**
 * A recorder knows a window; without one Flower counts everything since its start; without it the result backend shows what it still holds; without that the
 * nodes know how many tasks they accepted. `null` when nobody can tell.
 */
function taskFigures(snapshot: Snapshot): TaskFigures | null {
  const history = historyInForce(snapshot)
  // A window in which nothing happened is an answer, too.
  if (history !== undefined) return ofHistory(history)
  const flower = ofFlower(factsFrom(snapshot.sources.flower)?.tasks ?? null)
  const results = ofResults(factsFrom(snapshot.sources.results))
  const nodes = ofNodes(factsFrom(snapshot.sources.celery), snapshot.takenAt)
  const told = [flower, results, nodes].filter(figures => figures !== null)
  // A Flower that has just started knows nothing yet; the results of before are still there.
  return told.find(figures => figures.byTask.length > 0) ?? told[0] ?? null
}

function ofHistory({from, tasks, coverage}: HistoryFacts): TaskFigures {
  return {
    source: 'history',
    since: from,
    incomplete: !coverage.complete,
    byTask: tasks.map(({task, received, succeeded, failed, retried, runtime}) => ({
      ...{task, received, succeeded, failed, retried, newestFailure: null},
      runtimeSecondsSum: runtime.average === null ? null : runtime.average * runtime.count,
      runtimeSamples: runtime.count,
    })),
  }
}

function ofFlower(tasks: FlowerFacts['tasks']): TaskFigures | null {
  return tasks === null ? null : {source: 'flower', since: tasks.since, byTask: tasks.byTask}
}

function ofResults(results: ResultsFacts | undefined): TaskFigures | null {
  return results === undefined ? null : {source: 'results', since: results.since, byTask: results.byTask}
}

function ofNodes(celery: CeleryFacts | undefined, takenAt: string): TaskFigures | null {
  if (celery === undefined || celery.nodes.length === 0) return null
  const accepted = new Map<string, number>()
  for (const node of celery.nodes)
    for (const [task, times] of Object.entries(node.accepted))
      accepted.set(task, (accepted.get(task) ?? 0) + times)
  const uptimes = celery.nodes.map(node => node.uptimeSeconds ?? 0)
  return {
    source: 'celery',
    since: new Date(Date.parse(takenAt) - Math.max(...uptimes) * 1000).toISOString(),
    byTask: [...accepted].map(([task, received]) => ({
      ...{task, received, succeeded: null, failed: null, retried: null},
      ...{runtimeSecondsSum: null, runtimeSamples: 0, newestFailure: null},
    })),
  }
}

/**
 * What task types failed with last, by each source that tells, the newest first. Flower's counters carry none, the result backend
 * does, whichever of them counts.
 */
export function newestFailures({
  sources,
}: Snapshot): (NonNullable<TaskOutcome['newestFailure']> & {task: string | null})[] {
  const told = [
    ...(factsFrom(sources.flower)?.tasks?.byTask ?? []),
    ...(factsFrom(sources.results)?.byTask ?? []),
    ...inHistory(factsFrom(sources.history)),
  ]
  return told
    .flatMap(({task, newestFailure}) => (newestFailure === null ? [] : [{task, ...newestFailure}]))
    .sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? 1 : -1))
}

/** Those of the window and before it. */
function inHistory(history: HistoryFacts | undefined) {
  return (history?.failures ?? [])
    .filter(({at}) => history !== undefined && at <= history.to)
    .map(({task, exception, at, id}) => ({task, newestFailure: {exception, at, id}}))
}

export function finished({succeeded, failed}: TaskFigure): number | null {
  return succeeded === null || failed === null ? null : succeeded + failed
}

/** Deliveries to a node, retries included. */
export function received(figure: TaskFigure): number | null {
  const all = finished(figure)
  return figure.received ?? (all === null || figure.retried === null ? null : all + figure.retried)
}

/** `null` where nothing was counted: 0 of 0 is no ratio. */
export function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : Math.min(1, part / whole)
}

const acceptedAlone = 'the nodes tell what they accepted, not what became of it'

/** One measurement a task type, those with most deliveries first, and one of all tasks, without labels. */
export function perTaskAndTotal(
  snapshot: Snapshot,
  measure: (figure: TaskFigure, source: SourceId) => Pick<Measurement, 'value' | 'samples' | 'note'>,
): Measurement[] {
  const figures = taskFigures(snapshot)
  if (figures === null) return [{labels: {}, value: null, source: null, since: null, samples: null}]
  const {source, since, byTask, incomplete = false} = figures
  const measured = (figure: TaskFigure) => {
    const own = measure(figure, source)
    if (own.value === null && source === 'celery') return {...own, note: acceptedAlone}
    return own.value === null || !incomplete ? own : {...own, incomplete: true as const}
  }
  const sorted = [...byTask].sort((a, b) => (received(b) ?? 0) - (received(a) ?? 0))
  const named = sorted.flatMap(figure =>
    figure.task === null ? [] : [{labels: {task: figure.task}, source, since, ...measured(figure)}],
  )
  return [{labels: {}, source, since, ...measured(totalOf(byTask))}, ...named]
}

function totalOf(figures: readonly TaskFigure[]): TaskFigure {
  const sum = (of: (figure: TaskFigure) => number | null): number | null => {
    const known = figures.map(of).filter(value => value !== null)
    return known.length === 0 && figures.length > 0 ? null : known.reduce((all, one) => all + one, 0)
  }
  return {
    task: null,
    succeeded: sum(figure => figure.succeeded),
    failed: sum(figure => figure.failed),
    retried: sum(figure => figure.retried),
    received: figures.some(figure => figure.received === null) ? null : sum(figure => figure.received),
    runtimeSecondsSum: sum(figure => figure.runtimeSecondsSum),
    runtimeSamples: figures.reduce((all, figure) => all + figure.runtimeSamples, 0),
    newestFailure: null,
  }
}
