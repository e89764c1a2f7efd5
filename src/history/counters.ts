import {addTaskBucket, outcomes, type TaskBucket, taskBucket} from './bucket.ts'
import type {Histogram} from './histogram.ts'
import {otherName, type Series} from './series.ts'
import type {StoredBucket} from './stored-bucket.ts'

type TaskName = Omit<Extract<Series, {of: 'task'}>, 'of'>

/** What happened since a moment; each figure only ever grows. */
export type TaskCounter = TaskName & {
  /** When it was nought; epoch seconds. */
  created: number
  figures: TaskBucket
}

export type Counted = {
  /** Since when it is counted; epoch seconds. */
  since: number
  coveredSeconds: number
  missedEvents: number
  tasks: TaskCounter[]
}

type Seen = {coveredSeconds: number; missedEvents: number; tasks: Map<string, TaskBucket>}

/**
 * Makes counters of buckets. A recorder writes whole values, again and again until a bucket is over and some time beyond: what a bucket
 * holds more than when it was last seen is counted, so that nothing is counted twice, nothing late is lost, and nothing goes down. No I/O.
 */
export class Counters {
  readonly #mostSeries: number
  readonly #totals = new Map<string, TaskCounter>()
  readonly #seen = new Map<number, Seen>()
  /** Not told yet. */
  readonly #fresh = new Set<string>()
  #since: number | null = null
  #coveredSeconds = 0
  #missedEvents = 0

  /** What comes beyond so many series is counted under one name. */
  constructor(mostSeries: number) {
    this.#mostSeries = mostSeries
  }

  get begun(): boolean {
    return this.#since !== null
  }

  /** Series that there were already: they are told from the beginning on, as nought. */
  know(buckets: readonly StoredBucket[], now: number): void {
    for (const {tasks} of buckets) for (const {series} of tasks) this.#totalOf(series, now)
  }

  /** Takes buckets as they are now. Those of the first time are where counting begins: they count as nothing. */
  take(buckets: readonly StoredBucket[], now: number): void {
    const first = this.#since === null
    this.#since ??= now
    for (const {start, coveredSeconds, missedEvents, tasks} of buckets) {
      const before = this.#seen.get(start) ?? {coveredSeconds: 0, missedEvents: 0, tasks: new Map()}
      if (!first) {
        this.#coveredSeconds += Math.max(0, coveredSeconds - before.coveredSeconds)
        this.#missedEvents += Math.max(0, missedEvents - before.missedEvents)
      }
      const seen: Seen = {
        coveredSeconds: Math.max(coveredSeconds, before.coveredSeconds),
        missedEvents: Math.max(missedEvents, before.missedEvents),
        tasks: before.tasks,
      }
      for (const {series, figures} of tasks) {
        const key = keyOf(series)
        const total = this.#totalOf(series, now)
        const grown = growth(figures, before.tasks.get(key))
        if (!first) addTaskBucket(total.figures, grown)
        seen.tasks.set(key, largest(figures, before.tasks.get(key), grown))
      }
      this.#seen.set(start, seen)
    }
  }

  /** Lets go of buckets that are read no more. */
  forget(before: number): void {
    for (const start of this.#seen.keys()) if (start < before) this.#seen.delete(start)
  }

  /**
   * What is counted so far. A series that is new is told as nought once: whoever compares two readings (`increase()`) would miss what
   * it began with.
   */
  tell(): Counted {
    const tasks = [...this.#totals].map(([key, {task, queue, created, figures}]) => {
      const own = taskBucket()
      if (!this.#fresh.has(key)) addTaskBucket(own, figures)
      return {task, queue, created, figures: own}
    })
    this.#fresh.clear()
    return {
      ...{since: this.#since ?? 0, coveredSeconds: this.#coveredSeconds, missedEvents: this.#missedEvents},
      tasks,
    }
  }

  #totalOf(series: TaskName, now: number): TaskCounter {
    const known = this.#totals.get(keyOf(series))
    if (known !== undefined) return known
    const full = this.#totals.size >= this.#mostSeries
    const shown = full ? {task: otherName, queue: null} : {task: series.task, queue: series.queue}
    const key = keyOf(shown)
    const total = this.#totals.get(key) ?? {...shown, created: now, figures: taskBucket()}
    if (!this.#totals.has(key) && this.begun) this.#fresh.add(key)
    this.#totals.set(key, total)
    return total
  }
}

function keyOf({task, queue}: TaskName): string {
  return JSON.stringify([task, queue])
}

/** What a bucket holds more than before; never less than nothing. */
function growth(now: TaskBucket, before: TaskBucket | undefined): TaskBucket {
  if (before === undefined) return now
  const grown = taskBucket()
  for (const outcome of outcomes)
    grown.counts[outcome] = Math.max(0, now.counts[outcome] - before.counts[outcome])
  return {
    counts: grown.counts,
    runtime: histogramGrowth(now.runtime, before.runtime),
    wait: histogramGrowth(now.wait, before.wait),
  }
}

function histogramGrowth(now: Histogram, before: Histogram): Histogram {
  const buckets = new Map<number, number>()
  let count = 0
  for (const [bucket, many] of now.buckets) {
    const more = many - (before.buckets.get(bucket) ?? 0)
    if (more <= 0) continue
    buckets.set(bucket, more)
    count += more
  }
  return {buckets, count, sum: count === 0 ? 0 : Math.max(0, now.sum - before.sum)}
}

/** The most that was ever in it: a store that loses a bucket and gets it again must not have it counted again. */
function largest(now: TaskBucket, before: TaskBucket | undefined, grown: TaskBucket): TaskBucket {
  if (before === undefined) return now
  const most = taskBucket()
  addTaskBucket(most, before)
  addTaskBucket(most, grown)
  return most
}
