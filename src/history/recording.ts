import {
  addDepthBucket,
  addTaskBucket,
  type DepthBucket,
  depthBucket,
  encodeDepthBucket,
  encodeTaskBucket,
  type TaskBucket,
  taskBucket,
} from './bucket.ts'
import {encodeCoverage, joined, type Span, within} from './coverage.ts'
import {type Event, isOfNode, type NodeEvent, type TaskEvent} from './event.ts'
import {observe} from './histogram.ts'
import {type Flying, InFlight} from './in-flight.ts'
import {Losses} from './losses.ts'
import {type Resolution, startOf} from './resolution.ts'
import {otherName, seriesKey} from './series.ts'

/** One value to be stored: whole, not a difference, so that storing it twice changes nothing. */
export type Cell = {
  resolution: Resolution
  /** Start of the bucket, epoch seconds. */
  start: number
  /** A series, or what stands for coverage and for missed events. */
  field: string
  value: string
}

/** Fields that are no series. */
export const coverageField = 'coverage'
export const missedField = 'missed'
export const sharedField = 'shared'

export type Failure = {
  task: string | null
  /** Masked and cut. */
  exception: string
  node: string
  id: string
  /** Epoch seconds by the recorder's clock. */
  at: number
}

export type NodeState = {
  node: string
  online: boolean
  /** Since when, epoch seconds by the recorder's clock. */
  since: number
  lastHeardAt: number
}

export type RecordingLimits = {
  resolutions: readonly Resolution[]
  /** Series of tasks, and as many of nodes and of queues; what comes beyond is counted under one name. */
  mostSeries: number
  mostInFlight: number
  /** Takes secrets out of the words of an exception. */
  mask: (words: string) => string
}

/** As it is told, and as much as is looked at to take secrets out of it. */
const [longestException, longestLookedAt] = [200, 2000]
/** A node sends a heartbeat every two seconds. */
const silentSeconds = 10
const lateSeconds = 60
/** Sender and node are two machines: the wait between them is wrong by no more than this. */
const wrongClockSeconds = 10
const mostSharedNames = 20
/** A node that was silent for so long while others could have been heard is gone, and what it had begun with it. */
const goneSeconds = 300

type Open = {
  tasks: Map<string, TaskBucket>
  depths: Map<string, DepthBucket>
  covered: Span[]
  missed: number
  /** Names that two nodes bore at once. */
  shared: Set<string>
  /** Fields that have changed since they were last handed out. */
  dirty: Set<string>
  /** Handed out, and not known to be written. */
  unwritten: Set<string>
}

type KnownNode = NodeState & {
  pid: number
  gone: boolean
  /** The process that bore the name until `at`, and what had been begun by then: it has ended, or two nodes bear one name. */
  before: {pid: number; at: number; begun: ReadonlySet<string>} | null
}

/**
 * Makes of events what is stored: buckets of every resolution, newest failures, which nodes are there. Time is when an event came in,
 * by the recorder's own clock: a node whose clock is wrong, or jumps, cannot write into other times. What is handed in must not go
 * back in time; what does is taken as now. No I/O.
 */
export class Recording {
  readonly #limits: RecordingLimits
  readonly #flying: InFlight
  readonly #losses = new Losses()
  readonly #keys = {
    task: new Map<string | null, Map<string | null, string>>(),
    node: new Map<string, string>(),
    queue: new Map<string, string>(),
  }
  #taskKeys = 0
  readonly #open = new Map<Resolution, Map<number, Open>>()
  readonly #queueOfNode = new Map<string, string>()
  readonly #nodes = new Map<string, KnownNode>()
  /** The newest time in which events were seen without a gap: who is not heard in it is silent. */
  #heard: Span = {from: 0, to: 0}
  #failures = new Map<string, Failure>()
  #changedNodes = new Set<string>()
  #unwritten = {failures: new Map<string, Failure>(), nodes: new Set<string>()}
  /** Of the finest slot, not yet in any bucket: one addition an event, not one a resolution. */
  #tasks = new Map<string, TaskBucket>()
  #now = 0
  #slotEnd = 0
  /** Taken in so far, and known to be missing. */
  events = 0
  missed = 0

  constructor(limits: RecordingLimits) {
    this.#limits = limits
    this.#flying = new InFlight(limits.mostInFlight)
    for (const resolution of limits.resolutions) this.#open.set(resolution, new Map())
  }

  get inFlight(): number {
    return this.#flying.size
  }

  /** A node that consumes one queue alone tells by that where its tasks came from. */
  consumes(node: string, queue: string | null): void {
    if (queue === null) this.#queueOfNode.delete(node)
    else this.#queueOfNode.set(node, queue)
  }

  take(event: Event, at: number): void {
    this.#moveTo(at)
    this.events += 1
    if (isOfNode(event)) this.#takeNode(event)
    else this.#takeTask(event)
  }

  depth(queue: string, ready: number, at: number): void {
    this.#moveTo(at)
    const key = this.#keyOf('queue', queue)
    for (const open of this.#openNow()) {
      const bucket = open.depths.get(key) ?? depthBucket()
      open.depths.set(key, bucket)
      addDepthBucket(bucket, {samples: 1, sum: ready, most: ready})
      open.dirty.add(key)
    }
  }

  /** In this time every event was seen: it ends where the broker has proved that nothing was left. */
  covered(span: Span): void {
    this.#moveTo(span.to)
    this.#heard = {from: span.from > this.#heard.to + 0.0005 ? span.from : this.#heard.from, to: span.to}
    for (const [resolution, buckets] of this.#open)
      for (let start = startOf(span.from, resolution); start < span.to; start += resolution.seconds) {
        // Whole values are written: one that was let go of must not be begun again with less in it.
        if (!buckets.has(start) && this.#isClosed(start, resolution)) continue
        const open = this.#openAt(buckets, start)
        const window = {from: start, to: start + resolution.seconds}
        open.covered = joined([...open.covered, ...within([span], window)], 0.0005)
        open.dirty.add(coverageField)
      }
  }

  /**
   * What is to be written: what has changed since the last time, and what was handed out then and not called `written`. Nothing is
   * lost by a store that fails.
   */
  flush(at: number): {cells: Cell[]; failures: Failure[]; nodes: NodeState[]} {
    this.#moveTo(at)
    this.#noticeSilence()
    this.#fold()
    const cells: Cell[] = []
    for (const [resolution, buckets] of this.#open)
      for (const [start, open] of buckets) {
        for (const field of open.dirty) open.unwritten.add(field)
        open.dirty.clear()
        for (const field of open.unwritten) {
          const value = storedOf(open, field, start)
          if (value !== null) cells.push({resolution, start, field, value})
        }
      }
    for (const [task, failure] of this.#failures)
      this.#unwritten.failures.set(task, {...failure, exception: this.#told(failure.exception)})
    for (const node of this.#changedNodes) this.#unwritten.nodes.add(node)
    this.#failures = new Map()
    this.#changedNodes = new Set()
    return {
      cells,
      failures: [...this.#unwritten.failures.values()],
      nodes: [...this.#unwritten.nodes].flatMap(name => {
        const state = this.#nodes.get(name)
        if (state === undefined) return []
        const {pid: _pid, gone: _gone, before: _before, ...told} = state
        return [told]
      }),
    }
  }

  /** What was handed out last is in the store. */
  written(): void {
    for (const [resolution, buckets] of this.#open)
      for (const [start, open] of buckets) {
        open.unwritten.clear()
        // Time does not go back; only what was covered is told a little late.
        if (open.dirty.size === 0 && this.#isClosed(start, resolution)) buckets.delete(start)
      }
    this.#unwritten = {failures: new Map(), nodes: new Set()}
  }

  /** Forgets what was counted, but not which tasks are in flight: another recorder has counted until now. */
  begin(): void {
    for (const buckets of this.#open.values()) buckets.clear()
    this.#tasks = new Map()
    this.#failures = new Map()
    this.#unwritten = {failures: new Map(), nodes: new Set(this.#nodes.keys())}
  }

  /** The clock was set: forgets what was counted as `begin` does, and takes time from here on, though it be earlier. */
  turnTo(at: number): void {
    this.begin()
    this.#now = at
    this.#slotEnd = 0
    this.#heard = {from: at, to: at}
    for (const node of this.#nodes.values()) node.lastHeardAt = at
  }

  #isClosed(start: number, {seconds}: Resolution): boolean {
    return start + seconds < this.#now - lateSeconds
  }

  #moveTo(at: number): void {
    if (at <= this.#now) return
    if (at >= this.#slotEnd) {
      this.#fold()
      const finest = this.#limits.resolutions[0]
      if (finest !== undefined) this.#slotEnd = startOf(at, finest) + finest.seconds
    }
    this.#now = at
  }

  #takeTask(event: TaskEvent): void {
    const flying = this.#flying.get(event.id)
    const name = event.name ?? flying?.name ?? null
    const queue = event.queue ?? flying?.queue ?? this.#queueOfNode.get(event.node) ?? null
    const own = this.#taskBucketOf(name, queue)
    // `sent` comes from a client, which is no node.
    const node = event.kind === 'sent' ? null : this.#nodeBucketOf(event.node)
    own.counts[event.kind] += 1
    if (node !== null) node.counts[event.kind] += 1
    switch (event.kind) {
      case 'sent':
        this.#sent(event, flying)
        return
      case 'received':
        this.#fly(event, flying, name, queue)
        return
      case 'retried':
        // Sent again by the node itself, without an event that tells when.
        this.#fly(event, flying, name, queue).sentAt = null
        return
      case 'started': {
        this.#losses.began(event.node)
        if (flying?.sentAt != null && flying.startedAt === null) {
          const wait = this.#momentOf(event) - flying.sentAt
          observe(own.wait, wait)
          node !== null && observe(node.wait, wait)
        }
        this.#fly(event, flying, name, queue).startedAt = this.#momentOf(event)
        return
      }
      case 'succeeded':
        if (event.runtime !== null) {
          observe(own.runtime, event.runtime)
          node !== null && observe(node.runtime, event.runtime)
        }
        this.#flying.end(event.id)
        return
      default:
        this.#flying.end(event.id)
    }
    if (event.kind === 'failed') this.#fail(event, name)
  }

  /** The broker may be quicker than the client's own event: then a node has told of the task already. */
  #sent(event: TaskEvent, flying: Flying | undefined): void {
    const {id, name, queue} = event
    const sentAt = this.#momentOf(event)
    if (flying === undefined) {
      if (this.#flying.isOver(id)) return
      this.#keep(id, {name, queue, sentAt, node: null, startedAt: null})
      return
    }
    flying.queue ??= queue
    if (flying.sentAt !== null) return
    flying.sentAt = sentAt
    if (flying.startedAt === null || flying.node === null) return
    observe(this.#taskBucketOf(flying.name, flying.queue).wait, flying.startedAt - sentAt)
    observe(this.#nodeBucketOf(flying.node).wait, flying.startedAt - sentAt)
  }

  /** By the clock of whoever tells it, unless that is plainly wrong: then when it came in. */
  #momentOf({timestamp}: TaskEvent): number {
    return Math.abs(timestamp - this.#now) <= wrongClockSeconds ? timestamp : this.#now
  }

  /** What is known of a task that a node has told of, to be kept until it ends. */
  #fly({id, node}: TaskEvent, known: Flying | undefined, name: string | null, queue: string | null): Flying {
    if (known === undefined) {
      const task = {name, queue, sentAt: null, node, startedAt: null}
      this.#keep(id, task)
      return task
    }
    known.name = name
    known.queue = queue
    known.node = node
    known.startedAt = null
    return known
  }

  #keep(id: string, task: Flying): void {
    for (const dropped of this.#flying.set(id, task)) this.#vanish(dropped)
  }

  #fail({exception, node, id}: TaskEvent, task: string | null): void {
    // Masked when it is told: of a storm of failures the newest alone is.
    this.#failures.set(task ?? '', {
      task,
      exception: (exception ?? 'unknown').slice(0, longestLookedAt),
      node,
      id,
      at: this.#now,
    })
  }

  #told(exception: string): string {
    const words = this.#limits.mask(exception)
    return words.length > longestException ? `${words.slice(0, longestException - 1)}…` : words
  }

  #vanish({name, queue, node, startedAt}: Flying): void {
    if (startedAt === null) return
    this.#taskBucketOf(name, queue).counts.vanished += 1
    if (node !== null) this.#nodeBucketOf(node).counts.vanished += 1
  }

  /** What a node has begun, and cannot end any more. */
  #vanishAllOf(node: string): void {
    for (const task of this.#flying.take(isBegunOn(node))) this.#vanish(task)
  }

  #takeNode(event: NodeEvent): void {
    const missed = this.#losses.heard(event)
    this.missed += missed
    if (missed > 0)
      for (const open of this.#openNow()) {
        open.missed += missed
        open.dirty.add(missedField)
      }
    const known = this.#nodes.get(event.node)
    const online = event.kind !== 'offline'
    if (known === undefined && this.#nodes.size >= this.#limits.mostSeries) return
    const before =
      known === undefined || known.pid === event.pid
        ? (known?.before ?? null)
        : this.#anotherProcess(known, event.pid)
    if (known === undefined || known.online !== online) {
      this.#nodes.set(event.node, {
        ...{node: event.node, online, since: this.#now, lastHeardAt: this.#now},
        ...{pid: event.pid, gone: false, before},
      })
      this.#changedNodes.add(event.node)
    } else Object.assign(known, {lastHeardAt: this.#now, pid: event.pid, gone: false, before})
  }

  /**
   * Another process tells of itself under a name. The one before has died without a word, and what it had begun has vanished; unless it
   * is heard again: then two nodes bear one name, and whose a task is cannot be told.
   */
  #anotherProcess({node, pid, online, before}: KnownNode, heard: number): KnownNode['before'] {
    if (!online) {
      this.#vanishAllOf(node)
      return null
    }
    if (before?.pid === heard) {
      for (const open of this.#openNow()) {
        if (open.shared.size >= mostSharedNames) continue
        open.shared.add(node)
        open.dirty.add(sharedField)
      }
      return {pid, at: this.#now, begun: new Set()}
    }
    // A third one within seconds: it is a process that ends again and again.
    if (before !== null) this.#vanishThose(before.begun)
    return {pid, at: this.#now, begun: this.#flying.ids(isBegunOn(node))}
  }

  #vanishThose(ids: ReadonlySet<string>): void {
    for (const task of this.#flying.take((_task, id) => ids.has(id))) this.#vanish(task)
  }

  #noticeSilence(): void {
    const {from, to} = this.#heard
    for (const state of this.#nodes.values()) {
      const silent = to - Math.max(from, state.lastHeardAt)
      if (state.online && silent > silentSeconds) {
        Object.assign(state, {online: false, since: state.lastHeardAt})
        this.#changedNodes.add(state.node)
      }
      if (state.before !== null && to - Math.max(from, state.before.at) > silentSeconds) {
        this.#vanishThose(state.before.begun)
        state.before = null
      }
      if (!state.gone && silent > goneSeconds) {
        state.gone = true
        this.#vanishAllOf(state.node)
      }
    }
  }

  #taskBucketOf(task: string | null, queue: string | null): TaskBucket {
    const {task: keys} = this.#keys
    let key = keys.get(task)?.get(queue)
    if (key === undefined) {
      if (this.#taskKeys >= this.#limits.mostSeries)
        return this.#pending(seriesKey({of: 'task', task: otherName, queue: null}))
      key = seriesKey({of: 'task', task, queue})
      const ofTask = keys.get(task) ?? new Map<string | null, string>()
      keys.set(task, ofTask.set(queue, key))
      this.#taskKeys += 1
    }
    return this.#pending(key)
  }

  #nodeBucketOf(node: string): TaskBucket {
    return this.#pending(this.#keyOf('node', node))
  }

  #keyOf(of: 'node' | 'queue', name: string): string {
    const keys = this.#keys[of]
    let key = keys.get(name)
    if (key === undefined) {
      const full = keys.size >= this.#limits.mostSeries
      const shown = full ? otherName : name
      key = seriesKey(of === 'node' ? {of, node: shown} : {of, queue: shown})
      if (!full) keys.set(name, key)
    }
    return key
  }

  #pending(key: string): TaskBucket {
    let bucket = this.#tasks.get(key)
    if (bucket === undefined) {
      bucket = taskBucket()
      this.#tasks.set(key, bucket)
    }
    return bucket
  }

  /** Puts what came since the last time into the bucket of its moment, in every resolution. */
  #fold(): void {
    if (this.#tasks.size === 0) return
    for (const open of this.#openNow())
      for (const [key, bucket] of this.#tasks) {
        const into = open.tasks.get(key) ?? taskBucket()
        open.tasks.set(key, into)
        addTaskBucket(into, bucket)
        open.dirty.add(key)
      }
    this.#tasks = new Map()
  }

  #openNow(): Open[] {
    return [...this.#open].map(([resolution, buckets]) =>
      this.#openAt(buckets, startOf(this.#now, resolution)),
    )
  }

  #openAt(buckets: Map<number, Open>, start: number): Open {
    let open = buckets.get(start)
    if (open === undefined) {
      open = {
        tasks: new Map(),
        depths: new Map(),
        covered: [],
        missed: 0,
        shared: new Set(),
        dirty: new Set(),
        unwritten: new Set(),
      }
      buckets.set(start, open)
    }
    return open
  }
}

const isBegunOn = (node: string) => (task: Flying) => task.node === node && task.startedAt !== null

function storedOf(open: Open, field: string, start: number): string | null {
  if (field === coverageField) return encodeCoverage(open.covered, start)
  if (field === missedField) return String(open.missed)
  if (field === sharedField) return JSON.stringify([...open.shared])
  const tasks = open.tasks.get(field)
  if (tasks !== undefined) return encodeTaskBucket(tasks)
  const depths = open.depths.get(field)
  return depths === undefined ? null : encodeDepthBucket(depths)
}
