import type {ConnectedReach} from '../sources/redis/reach.ts'
import {
  addDepthBucket,
  addTaskBucket,
  type DepthBucket,
  decodeDepthBucket,
  decodeTaskBucket,
  depthBucket,
  type TaskBucket,
  taskBucket,
} from './bucket.ts'
import {decodeCoverage, joined, lengthOf, within} from './coverage.ts'
import {coverageField, missedField} from './recording.ts'
import type {Resolution} from './resolution.ts'
import {parseSeries, type Series} from './series.ts'
import {bucketKey, runSeparator, type StoreNames} from './store.ts'

type Client = ConnectedReach['connection']['client']

/** A bucket of time as it is stored, what several runs wrote of it added up. */
export type StoredBucket = {
  /** Epoch seconds. */
  start: number
  seconds: number
  coveredSeconds: number
  missedEvents: number
  tasks: {series: Extract<Series, {of: 'task'}>; figures: TaskBucket}[]
  depths: {queue: string; figures: DepthBucket}[]
}

/** So many are asked for at once: what is held is theirs. */
const bucketsAtOnce = 50

/** Reads buckets in the order of their starts, a few at a time, whoever takes them; one that nobody wrote is empty. */
export async function* readBuckets(
  client: Client,
  names: StoreNames,
  resolution: Resolution,
  starts: readonly number[],
): AsyncGenerator<StoredBucket> {
  for (let from = 0; from < starts.length; from += bucketsAtOnce) {
    const some = starts.slice(from, from + bucketsAtOnce)
    const hashes = await Promise.all(some.map(start => client.hgetall(bucketKey(names, resolution, start))))
    for (const [place, hash] of hashes.entries())
      yield storedBucket(hash, some[place] as number, resolution.seconds)
  }
}

/** What cannot be read counts as nothing: never throws. */
export function storedBucket(
  hash: Readonly<Record<string, string>>,
  start: number,
  seconds: number,
): StoredBucket {
  const covered = []
  let missedEvents = 0
  const tasks = new Map<string, TaskBucket>()
  const depths = new Map<string, DepthBucket>()
  for (const [name, value] of Object.entries(hash)) {
    const field = name.slice(name.indexOf(runSeparator) + 1)
    if (field === coverageField) covered.push(...decodeCoverage(value, start))
    else if (field === missedField) missedEvents += /^\d{1,15}$/.test(value) ? Number(value) : 0
    else if (field.startsWith('["q"'))
      addDepthBucket(at(depths, field, depthBucket), decodeDepthBucket(value))
    else if (field.startsWith('["t"')) addTaskBucket(at(tasks, field, taskBucket), decodeTaskBucket(value))
  }
  return {
    start,
    seconds,
    coveredSeconds: lengthOf(within(joined(covered), {from: start, to: start + seconds})),
    missedEvents,
    tasks: [...tasks].flatMap(([key, figures]) => {
      const series = parseSeries(key)
      return series?.of === 'task' ? [{series, figures}] : []
    }),
    depths: [...depths].flatMap(([key, figures]) => {
      const series = parseSeries(key)
      return series?.of === 'queue' ? [{queue: series.queue, figures}] : []
    }),
  }
}

function at<T>(map: Map<string, T>, key: string, fresh: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = fresh()
  map.set(key, made)
  return made
}
