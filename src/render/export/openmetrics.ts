import type {RecordedBucket, RecordedDurations, RecordedTasks} from '../../snapshot/recorded-bucket.ts'
import {type Family, prefix} from '../openmetrics/family.ts'
import {
  coverageFamilies,
  type TaskSeries,
  type TaskTotals,
  taskFamilies,
  taskLabels,
} from '../openmetrics/task-families.ts'
import {endOf, linesOf} from '../openmetrics/text.ts'
import type {ExportFormat} from './format.ts'

/** Some 100 MB: a series has to be told without another one in between, so that all of it is held. */
const mostValues = 200_000

export class TooManyValues extends Error {
  constructor() {
    super(`the window has more than ${mostValues} values of series`)
  }
}

/** Lines are handed on in pieces of about this many characters. */
const pieceLength = 64 * 1024

/**
 * Counters and histograms with the time of each bucket's end, from 0 at the first bucket's start, for Prometheus to be filled with
 * (`promtool tsdb create-blocks-from openmetrics`). Where nothing was seen there is no point of any task.
 * Throws `TooManyValues` for more than `mostValues`.
 */
export const openmetrics: ExportFormat = async function* (buckets) {
  const window = await gathered(buckets)
  for (const family of [
    ...taskFamilies([...window.tasks.values()].map(series => told(series, window))),
    depthFamily(window),
    ...coverageFamilies(covered(window)),
  ]) {
    let piece = ''
    for (const line of linesOf(family)) {
      piece += line
      if (piece.length < pieceLength) continue
      yield piece
      piece = ''
    }
    yield piece
  }
  yield endOf('openmetrics')
}

type Step = {end: number; coveredSeconds: number; missedEvents: number}
type Gathered = {
  /** Epoch seconds. */
  from: number
  steps: Step[]
  tasks: Map<string, Series>
  depths: Map<string, Map<number, number>>
}
type Series = {task: string | null; queue: string | null; bySteps: Map<number, Figures>}

/** Upper bounds of durations, as they came. */
type Bounds = readonly number[]
/** Counts of outcomes, then of runtimes, then of waits: 424 bytes. */
type Figures = {values: Float64Array; bounds: Bounds}

const outcomes = [
  ...(['sent', 'received', 'started', 'succeeded', 'failed'] as const),
  ...(['retried', 'revoked', 'rejected', 'vanished'] as const),
]

async function gathered(buckets: AsyncIterable<RecordedBucket>): Promise<Gathered> {
  const all: Gathered = {from: 0, steps: [], tasks: new Map(), depths: new Map()}
  let values = 0
  for await (const {from, seconds, coveredSeconds, missedEvents, tasks, queues} of buckets) {
    const start = Date.parse(from) / 1000
    if (all.steps.length === 0) all.from = start
    const step = all.steps.length
    all.steps.push({end: start + seconds, coveredSeconds, missedEvents})
    values += tasks.length + queues.length
    if (values > mostValues) throw new TooManyValues()
    for (const one of tasks) {
      const key = JSON.stringify(taskLabels(one))
      const series = all.tasks.get(key) ?? {task: one.task, queue: one.queue, bySteps: new Map()}
      all.tasks.set(key, series)
      series.bySteps.set(step, figuresOf(one, series.bySteps.get(step)))
    }
    for (const {queue, average} of queues) {
      const depths = all.depths.get(queue) ?? new Map<number, number>()
      all.depths.set(queue, depths.set(step, average + (depths.get(step) ?? 0)))
    }
  }
  return all
}

/** Two names may have become one, where secrets in them are masked: then they add up. */
function figuresOf(tasks: RecordedTasks, other?: Figures): Figures {
  const bounds = tasks.runtime.upTo.map(({le}) => le)
  const durations = ({count, sum, upTo}: RecordedDurations) => [count, sum, ...upTo.map(one => one.count)]
  const values = Float64Array.from([
    ...outcomes.map(outcome => tasks[outcome]),
    ...durations(tasks.runtime),
    ...durations(tasks.wait),
  ])
  return {values: other === undefined ? values : plus(values, other.values), bounds}
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, place) => value + (b[place] ?? 0))
}

function told({task, queue, bySteps}: Series, {from, steps}: Gathered): TaskSeries {
  const [first] = bySteps.values()
  const bounds = first?.bounds ?? []
  const waits = [...bySteps.values()].some(
    ({values}) => (values[outcomes.length + bounds.length + 2] ?? 0) > 0,
  )
  return {
    ...{task, queue, waits},
    *totals() {
      let sum = new Float64Array(outcomes.length + 2 * (bounds.length + 2))
      yield {...totalsOf(sum, bounds), at: from}
      for (const [step, {end, coveredSeconds}] of steps.entries()) {
        const own = bySteps.get(step)
        if (own !== undefined) sum = plus(sum, own.values) as typeof sum
        if (own !== undefined || coveredSeconds > 0) yield {...totalsOf(sum, bounds), at: end}
      }
    },
  }
}

function totalsOf(values: Float64Array, bounds: Bounds): TaskTotals {
  const at = (place: number) => values[place] ?? 0
  const durations = (from: number) => ({
    ...{count: at(from), sum: Number(at(from + 1).toPrecision(12))},
    upTo: bounds.map((le, nth) => ({le, count: at(from + 2 + nth)})),
  })
  const counts = Object.fromEntries(outcomes.map((outcome, place) => [outcome, at(place)]))
  return {
    ...(counts as Record<(typeof outcomes)[number], number>),
    runtime: durations(outcomes.length),
    wait: durations(outcomes.length + bounds.length + 2),
  }
}

function depthFamily({steps, depths}: Gathered): Family {
  return {
    ...{name: `${prefix}queue_messages`, type: 'gauge'},
    help: 'Ready messages of a queue, averaged over a bucket.',
    points: (function* () {
      for (const [queue, bySteps] of depths)
        for (const [step, value] of bySteps) yield {labels: {queue}, value, at: (steps[step] as Step).end}
    })(),
  }
}

function covered({from, steps}: Gathered) {
  const sum = {coveredSeconds: 0, missedEvents: 0}
  const points = steps.map(({end, coveredSeconds, missedEvents}) => {
    sum.coveredSeconds += coveredSeconds
    sum.missedEvents += missedEvents
    return {...sum, at: end}
  })
  return [{coveredSeconds: 0, missedEvents: 0, at: from}, ...points]
}
