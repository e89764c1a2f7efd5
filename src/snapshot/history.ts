/** Figures of a window of time, as a recorder wrote them. */
export type HistoryFacts = {
  /** The window that was asked for; ISO 8601. */
  from: string
  to: string
  /** Length of a point of the curves, in seconds. */
  stepSeconds: number
  coverage: Coverage
  /** Of what is missing, what lies after the first moment that was seen: before it nobody may have recorded yet. */
  gapSeconds: number
  /** All tasks together. */
  total: TaskHistory
  tasks: TaskHistory[]
  nodes: NodeHistory[]
  queues: QueueHistory[]
  /** The window of the same length before; `null` when less than half of it was covered. */
  before: {
    coverage: Coverage
    /** All tasks together. */
    total: WindowFigures
    tasks: (WindowFigures & {task: string | null})[]
  } | null
  /** The newest failure of each task type, also from before the window; newest first. */
  failures: {task: string | null; exception: string; node: string; id: string; at: string}[]
  /** What the recorder says of itself; `null` when none has written for a minute. */
  recorder: RecorderFacts | null
  /** When the last recorder was told to end; `null` while one records, and where one died without a word. */
  endedAt: string | null
  /** Another recorder, which would take over; of several, the last to say so. */
  standby: {tool: string; host: string} | null
  /** Names that two nodes bore at once within the window: of their tasks it is not known which vanished, nor what was lost. */
  sharedNames: string[]
}

/** What of a window was seen. Figures of one that is not complete are lower bounds. */
export type Coverage = {
  /** Of the window, up to now. */
  seconds: number
  missingSeconds: number
  /** Events known to be lost beside that: at least so many. */
  missedEvents: number
  /** Nothing is missing but what has not been written yet. */
  complete: boolean
}

/** Counts and durations that add up. */
export type WindowFigures<Durations = DurationFigures> = {
  sent: number
  received: number
  started: number
  succeeded: number
  failed: number
  retried: number
  revoked: number
  rejected: number
  /** Begun and never heard of again. */
  vanished: number
  /** Of the tasks that succeeded. */
  runtime: Durations
  /** From being sent to being started, where the application sends `task-sent`. */
  wait: Durations
}

/** In seconds; right to within a bucket, whose bounds are a factor of the square root of two apart. `null` when none was counted. */
export type DurationFigures = {
  count: number
  average: number | null
  p50: number | null
  p95: number | null
  p99: number | null
}

/** A value a step, oldest first; `null` where nobody looked. What a longer bucket counted is spread over its steps. */
export type Curve = (number | null)[]

export type TaskHistory = WindowFigures & {
  /** `null`: events of tasks whose name was not seen. */
  task: string | null
  /** Where they were sent, as far as that was told. */
  queues: string[]
  /** Tasks that ended well, and that failed, in each step. */
  succeededCurve: Curve
  failedCurve: Curve
}

export type NodeHistory = WindowFigures & {
  node: string
  /** Whether it was heard of last, and since when that is so; `null` when nothing is kept of it. */
  online: boolean | null
  since: string | null
}

export type QueueHistory = WindowFigures & {
  queue: string
  /** Waiting messages, by samples; `null` when there was none. */
  averageDepth: number | null
  mostDepth: number | null
  /** The deepest of each step. */
  depthCurve: Curve
}

/** What a recorder says of itself. Figures are of the last few seconds. */
export type RecorderFacts = {
  /** Version of hub-mon. */
  tool: string
  host: string
  /** ISO 8601. */
  startedAt: string
  writtenAt: string
  /** By the clock of Redis, when it was read. */
  writtenAgoSeconds: number
  eventsPerSecond: number
  /** From asking Redis to its answer on the connection that events come by: what is waiting in it. */
  lagSeconds: number
  /** Connections lost since the start. */
  reconnects: number
  missedEvents: number
  inFlight: number
  rssBytes: number
  /** Of all buckets in the store, as Redis estimates it. */
  storeBytes: number
  /** Of them it writes no more above this. */
  mostStoreBytes: number
  /** Why it does not write; `null` when it does. */
  pausedBecause: 'memory' | 'too-large' | null
}
