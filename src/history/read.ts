import type {
  Coverage,
  Curve,
  DurationFigures,
  HistoryFacts,
  NodeHistory,
  QueueHistory,
  RecorderFacts,
  TaskHistory,
  WindowFigures,
} from '../snapshot/history.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {
  addDepthBucket,
  addStored,
  addTaskBucket,
  bucketOfSum,
  type DepthBucket,
  decodeDepthBucket,
  depthBucket,
  type TaskSum,
  taskBucket,
  taskSum,
} from './bucket.ts'
import {decodeCoverage, joined, lengthOf, type Span, within} from './coverage.ts'
import {type Histogram, quantile} from './histogram.ts'
import {coverageField, type Failure, missedField, type NodeState, sharedField} from './recording.ts'
import {type Resolution, type Slice, slicesOf} from './resolution.ts'
import {parseSeries, type Series} from './series.ts'
import {
  bucketKey,
  endedKey,
  failuresKey,
  lastRunKey,
  nodesKey,
  type RecorderState,
  runSeparator,
  type StoreNames,
  standbyKey,
  stateKey,
  stateSeconds,
} from './store.ts'

type Client = ConnectedReach['connection']['client']

export type HistoryQuestion = {
  /** Epoch seconds. */
  window: Span
  now: number
  resolutions: readonly Resolution[]
  /** The latest stretch, read along with everything else: from few buckets, and nothing of the time before. */
  alongside?: boolean
}

/** Of one resolution, where it must be quick. */
const fewBuckets = 30
/** Of a curve: what fits a cell of a table, and more for whoever plots. */
const mostPoints = 60
/** A recorder writes every two seconds: what is not written yet is not missing. */
const unwrittenSeconds = 5
const keysAtOnce = 200

/** Whether a recorder has ever written there. */
export async function hasHistory(client: Client, names: StoreNames): Promise<boolean> {
  return (await client.exists(lastRunKey(names), stateKey(names))) > 0
}

/**
 * Reads a window: its buckets, and those of the window of the same length before it. Cost is that of the buckets, whatever the number
 * of tasks. Values that cannot be read count as nothing.
 */
export async function readHistory(
  client: Client,
  names: StoreNames,
  {window, now, resolutions, alongside = false}: HistoryQuestion,
): Promise<HistoryFacts> {
  const length = window.to - window.from
  const earlier = {from: window.from - length, to: window.from}
  const [current, previous, failures, nodes, state, stateLeft, ended, standby] = await Promise.all([
    readWindow(client, names, window, slicesOf(window, now, resolutions, alongside ? fewBuckets : undefined)),
    readWindow(client, names, earlier, alongside ? [] : slicesOf(earlier, now, resolutions)),
    client.hgetall(failuresKey(names)),
    client.hgetall(nodesKey(names)),
    client.get(stateKey(names)),
    client.pttl(stateKey(names)),
    client.get(endedKey(names)),
    client.get(standbyKey(names)),
  ])
  const known = new Map(
    Object.values(nodes)
      .flatMap(text => parsed<NodeState>(text))
      .filter(({node}) => typeof node === 'string')
      .map(node => [node.node, node]),
  )
  const coverage = coverageOf(current, window, now)
  const coveredBefore = coverageOf(previous, earlier, now)
  return {
    from: iso(window.from),
    to: iso(window.to),
    stepSeconds: current.steps.seconds,
    coverage,
    gapSeconds: gapOf(current, window, coverage),
    total: total(current),
    tasks: tasksOf(current),
    nodes: nodesOf(current, known),
    queues: queuesOf(current),
    before:
      coveredBefore.missingSeconds > length / 2
        ? null
        : {
            coverage: coveredBefore,
            total: figuresOf(rowsOf(previous, 'task')),
            tasks: [...grouped(rowsOf(previous, 'task'), taskIn)].map(([task, rows]) => ({
              task,
              ...figuresOf(rows),
            })),
          },
    failures: Object.values(failures)
      .flatMap(text => parsed<Failure>(text))
      .filter(({exception, node, id}) => [exception, node, id].every(word => typeof word === 'string'))
      .sort((a, b) => b.at - a.at)
      .map(({at, ...failure}) => ({...failure, at: iso(at)})),
    recorder: recorderOf(state, Math.max(0, stateSeconds - stateLeft / 1000)),
    endedAt: ended === null ? null : iso(Number(ended)),
    standby: standbyOf(standby),
    sharedNames: [...current.shared].sort(),
  }
}

function standbyOf(text: string | null): HistoryFacts['standby'] {
  const [told] = text === null ? [] : parsed<{tool?: unknown; host?: unknown}>(text)
  return typeof told?.tool === 'string' && typeof told.host === 'string'
    ? {tool: told.tool, host: told.host}
    : null
}

/** The points of a curve: how many, and how long each is. */
type Steps = {points: number; seconds: number}
type Read = {
  window: Span
  steps: Steps
  tasks: Map<string, TaskRow>
  depths: Map<string, {bucket: DepthBucket; curve: Curve}>
  covered: Span[]
  missed: number
  shared: Set<string>
}
type TaskRow = {sum: TaskSum; succeeded: Curve; failed: Curve}

async function readWindow(
  client: Client,
  names: StoreNames,
  window: Span,
  slices: readonly Slice[],
): Promise<Read> {
  const wanted = slices.flatMap(({resolution, starts}) => starts.map(start => ({resolution, start})))
  const read: Read = {
    ...{window, steps: stepsOf(window, slices), tasks: new Map(), depths: new Map(), covered: []},
    ...{missed: 0, shared: new Set()},
  }
  for (let from = 0; from < wanted.length; from += keysAtOnce) {
    const some = wanted.slice(from, from + keysAtOnce)
    const hashes = await Promise.all(
      some.map(({resolution, start}) => client.hgetall(bucketKey(names, resolution, start))),
    )
    for (const [place, hash] of hashes.entries()) {
      const {resolution, start} = some[place] as (typeof some)[number]
      addBucket(read, hash, {start, seconds: resolution.seconds}, window)
    }
  }
  read.covered = within(joined(read.covered, 0.01), window)
  for (const {succeeded, failed} of read.tasks.values())
    for (const curve of [succeeded, failed]) noughtWhereCovered(curve, read)
  return read
}

/** No point is shorter than a bucket that was read. */
function stepsOf({from, to}: Span, slices: readonly Slice[]): Steps {
  const longest = Math.max(1, ...slices.map(({resolution}) => resolution.seconds))
  const seconds = Math.ceil((to - from) / mostPoints / longest) * longest
  return {seconds, points: Math.max(1, Math.ceil((to - from) / seconds))}
}

/** Seen, and nothing happened. */
function noughtWhereCovered(curve: Curve, {covered, steps, window: {from}}: Read): void {
  for (const span of covered)
    for (const {point} of pointsIn(span, from, steps)) if (curve[point] === null) curve[point] = 0
}

/** The points that a span of time lies in, and which share of it in each. */
function pointsIn(span: Span, from: number, {points, seconds}: Steps): {point: number; share: number}[] {
  const at = (moment: number) => Math.min(points, Math.max(0, (moment - from) / seconds))
  const [begin, end] = [at(span.from), at(span.to)]
  const first = Math.floor(begin)
  return Array.from({length: Math.max(0, Math.ceil(end) - first)}, (_, nth) => ({
    point: first + nth,
    share: (Math.min(end, first + nth + 1) - Math.max(begin, first + nth)) / (end - begin),
  }))
}

function addBucket(
  read: Read,
  hash: Record<string, string>,
  {start, seconds}: {start: number; seconds: number},
  window: Span,
): void {
  const {steps} = read
  const [own] = within([{from: start, to: start + seconds}], window)
  const points = own === undefined ? [] : pointsIn(own, window.from, steps)
  for (const [name, value] of Object.entries(hash)) {
    const field = name.slice(name.indexOf(runSeparator) + 1)
    if (field === coverageField) read.covered.push(...decodeCoverage(value, start))
    else if (field === sharedField) for (const name of namesFrom(value)) read.shared.add(name)
    else if (field === missedField) read.missed += /^\d{1,15}$/.test(value) ? Number(value) : 0
    else if (field.startsWith('["q"')) {
      const depth = read.depths.get(field) ?? {bucket: depthBucket(), curve: emptyCurve(steps)}
      read.depths.set(field, depth)
      const sampled = decodeDepthBucket(value)
      addDepthBucket(depth.bucket, sampled)
      for (const {point} of points) depth.curve[point] = Math.max(depth.curve[point] ?? 0, sampled.most)
    } else {
      const task = read.tasks.get(field) ?? emptyRow(steps)
      read.tasks.set(field, task)
      const {counts} = task.sum
      const {succeeded, failed} = counts
      addStored(task.sum, value)
      for (const {point, share} of points) {
        task.succeeded[point] = (task.succeeded[point] ?? 0) + (counts.succeeded - succeeded) * share
        task.failed[point] = (task.failed[point] ?? 0) + (counts.failed - failed) * share
      }
    }
  }
}

function namesFrom(value: string): string[] {
  const [names = []] = parsed<unknown[]>(value)
  return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
}

function emptyCurve({points}: Steps): Curve {
  return Array.from({length: points}, () => null)
}

function emptyRow(steps: Steps): TaskRow {
  return {sum: taskSum(), succeeded: emptyCurve(steps), failed: emptyCurve(steps)}
}

function addCurve(into: Curve, other: Curve): void {
  for (const [point, value] of other.entries()) if (value !== null) into[point] = (into[point] ?? 0) + value
}

function coverageOf(read: Read, window: Span, now: number): Coverage {
  const seconds = Math.max(0, Math.min(window.to, now - unwrittenSeconds) - window.from)
  // What was seen after that does not make up for a gap before it.
  const seen = lengthOf(within(read.covered, {from: window.from, to: window.from + seconds}))
  const missing = Math.max(0, seconds - seen)
  const missingSeconds = missing < 1 ? 0 : missing
  return {
    seconds,
    missingSeconds,
    missedEvents: read.missed,
    complete: missingSeconds === 0 && read.missed === 0,
  }
}

/** What was not seen after something had been. */
function gapOf({covered}: Read, window: Span, {seconds, missingSeconds}: Coverage): number {
  const [first] = covered
  const before = first === undefined ? seconds : first.from - window.from
  const gap = missingSeconds - Math.max(0, before)
  return gap < 1 ? 0 : gap
}

type Row = {series: Series; row: TaskRow}

function rowsOf(read: Read, of: Series['of']): Row[] {
  return [...read.tasks].flatMap(([key, row]) => {
    const series = parseSeries(key)
    return series?.of === of ? [{series, row}] : []
  })
}

function grouped<K>(rows: readonly Row[], keyOf: (series: Series) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>()
  for (const row of rows) {
    const key = keyOf(row.series)
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push(row)
  }
  return groups
}

const taskIn = (series: Series) => (series.of === 'task' ? series.task : null)
const queueIn = (series: Series) => (series.of === 'node' ? null : series.queue)

function asTask(task: string | null, rows: readonly Row[], steps: Steps): TaskHistory {
  const {succeeded, failed} = emptyRow(steps)
  for (const {row} of rows) {
    addCurve(succeeded, row.succeeded)
    addCurve(failed, row.failed)
  }
  const queues = [...new Set(rows.flatMap(({series}) => queueIn(series) ?? []))].sort()
  return {task, queues, ...figuresOf(rows), succeededCurve: succeeded, failedCurve: failed}
}

function total(read: Read): TaskHistory {
  const all = asTask(null, rowsOf(read, 'task'), read.steps)
  noughtWhereCovered(all.succeededCurve, read)
  noughtWhereCovered(all.failedCurve, read)
  return all
}

function tasksOf(read: Read): TaskHistory[] {
  return [...grouped(rowsOf(read, 'task'), taskIn)]
    .map(([task, rows]) => asTask(task, rows, read.steps))
    .sort((a, b) => b.received - a.received)
}

function nodesOf(read: Read, known: ReadonlyMap<string, NodeState>): NodeHistory[] {
  const rows = grouped(rowsOf(read, 'node'), series => (series.of === 'node' ? series.node : ''))
  return [...new Set([...rows.keys(), ...known.keys()])].sort().map(node => {
    const state = known.get(node)
    return {
      node,
      online: state?.online ?? null,
      since: state === undefined ? null : iso(state.since),
      ...figuresOf(rows.get(node) ?? []),
    }
  })
}

function queuesOf(read: Read): QueueHistory[] {
  const rows = grouped(rowsOf(read, 'task'), queueIn)
  const depths = new Map(
    [...read.depths].flatMap(([key, depth]) => {
      const series = parseSeries(key)
      return series?.of === 'queue' ? [[series.queue, depth] as const] : []
    }),
  )
  const names = [...rows.keys()].filter(queue => queue !== null)
  return [...new Set([...names, ...depths.keys()])].sort().map(queue => {
    const {bucket, curve} = depths.get(queue) ?? {bucket: depthBucket(), curve: emptyCurve(read.steps)}
    const seen = bucket.samples > 0
    return {
      queue,
      averageDepth: seen ? bucket.sum / bucket.samples : null,
      mostDepth: seen ? bucket.most : null,
      depthCurve: curve,
      ...figuresOf(rows.get(queue) ?? []),
    }
  })
}

function figuresOf(rows: readonly Row[]): WindowFigures {
  const all = taskBucket()
  for (const {row} of rows) addTaskBucket(all, bucketOfSum(row.sum))
  const {counts, runtime, wait} = all
  return {...counts, runtime: durationsOf(runtime), wait: durationsOf(wait)}
}

function durationsOf(of: Histogram): DurationFigures {
  return {
    count: of.count,
    average: of.count === 0 ? null : of.sum / of.count,
    p50: quantile(of, 0.5),
    p95: quantile(of, 0.95),
    p99: quantile(of, 0.99),
  }
}

function recorderOf(text: string | null, writtenAgoSeconds: number): RecorderFacts | null {
  const [state] = text === null ? [] : parsed<RecorderState>(text)
  if (state === undefined) return null
  const {run: _run, startedAt, writtenAt, ...rest} = state
  return {...rest, startedAt: iso(startedAt), writtenAt: iso(writtenAt), writtenAgoSeconds}
}

function parsed<T extends object>(text: string): T[] {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? [value as T] : []
  } catch {
    return []
  }
}

function iso(epochSeconds: number): string {
  return new Date(Number.isFinite(epochSeconds) ? epochSeconds * 1000 : 0).toISOString()
}
