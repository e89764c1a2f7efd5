import {
  addHistogram,
  addStoredHistogram,
  addToSum,
  decodeHistogram,
  encodeHistogram,
  type Histogram,
  type HistogramSum,
  histogram,
  histogramOf,
  histogramSum,
} from './histogram.ts'

/** What may happen to a task, one count each; in the order in which they are stored. */
export const outcomes = [
  'sent',
  'received',
  'started',
  'succeeded',
  'failed',
  'retried',
  'revoked',
  'rejected',
  /** Begun and never heard of again. */
  'vanished',
] as const
export type Outcome = (typeof outcomes)[number]

/** What happened to tasks in one span of time. Adds up. */
export type TaskBucket = {
  counts: Record<Outcome, number>
  /** Of the tasks that succeeded, in seconds. */
  runtime: Histogram
  /** From being sent to being started, in seconds; only where the application sends `task-sent`. */
  wait: Histogram
}

/** How deep a queue was in one span of time. Adds up. */
export type DepthBucket = {samples: number; sum: number; most: number}

export function taskBucket(): TaskBucket {
  const counts = Object.fromEntries(outcomes.map(outcome => [outcome, 0])) as TaskBucket['counts']
  return {counts, runtime: histogram(), wait: histogram()}
}

export function addTaskBucket(into: TaskBucket, other: TaskBucket): void {
  for (const outcome of outcomes) into.counts[outcome] += other.counts[outcome]
  addHistogram(into.runtime, other.runtime)
  addHistogram(into.wait, other.wait)
}

export function depthBucket(): DepthBucket {
  return {samples: 0, sum: 0, most: 0}
}

export function addDepthBucket(into: DepthBucket, other: DepthBucket): void {
  into.samples += other.samples
  into.sum += other.sum
  into.most = Math.max(into.most, other.most)
}

/** `counts;runtime;wait`, trailing zeros of the counts left out: some 60 bytes. */
export function encodeTaskBucket({counts, runtime, wait}: TaskBucket): string {
  const figures = outcomes.map(outcome => counts[outcome])
  while (figures.length > 1 && figures.at(-1) === 0) figures.pop()
  return [figures.join(','), encodeHistogram(runtime), encodeHistogram(wait)].join(';')
}

/** What cannot be read counts as nothing: never throws. */
export function decodeTaskBucket(text: string): TaskBucket {
  const [figures = '', runtime = '', wait = ''] = text.split(';')
  const into = {...taskBucket(), runtime: decodeHistogram(runtime), wait: decodeHistogram(wait)}
  figures.split(',').forEach((figure, place) => {
    const [outcome, many] = [outcomes[place], Number(figure)]
    if (outcome !== undefined && Number.isSafeInteger(many) && many >= 0) into.counts[outcome] = many
  })
  return into
}

export function encodeDepthBucket({samples, sum, most}: DepthBucket): string {
  return [samples, sum, most].join(',')
}

/** What cannot be read counts as nothing: never throws. */
export function decodeDepthBucket(text: string): DepthBucket {
  const [samples = 0, sum = 0, most = 0] = text
    .split(',')
    .map(Number)
    .map(figure => (Number.isFinite(figure) && figure >= 0 ? figure : 0))
  return {samples, sum, most}
}

/** What very many stored buckets are added up in. */
export type TaskSum = {counts: Record<Outcome, number>; runtime: HistogramSum; wait: HistogramSum}

export function taskSum(): TaskSum {
  return {counts: taskBucket().counts, runtime: histogramSum(), wait: histogramSum()}
}

export function bucketOfSum({counts, runtime, wait}: TaskSum): TaskBucket {
  return {counts: {...counts}, runtime: histogramOf(runtime), wait: histogramOf(wait)}
}

/** A whole value of the shape that is written; anything else is read piece by piece. */
const wellFormed =
  /^\d{1,15}(,\d{1,15}){0,8};([\d.e+-]+( \d{1,2}:\d{1,15})+)?;([\d.e+-]+( \d{1,2}:\d{1,15})+)?$/

/** Adds `decodeTaskBucket(text)`, with nothing made in between: a long window has very many values. Never throws. */
export function addStored(into: TaskSum, text: string): void {
  const {counts, runtime, wait} = into
  if (!wellFormed.test(text)) {
    const decoded = decodeTaskBucket(text)
    for (const outcome of outcomes) counts[outcome] += decoded.counts[outcome]
    addToSum(runtime, decoded.runtime)
    addToSum(wait, decoded.wait)
    return
  }
  const [first, second] = [text.indexOf(';'), text.lastIndexOf(';')]
  const figures = text.slice(0, first).split(',')
  for (let place = 0; place < figures.length; place += 1)
    counts[outcomes[place] as Outcome] += Number(figures[place])
  addStoredHistogram(runtime, text, first + 1, second)
  addStoredHistogram(wait, text, second + 1, text.length)
}
