/** What the broker and the nodes themselves say, over Celery's own protocol. */
export type CeleryFacts = {
  /** The broker's database number: part of the names of channels. */
  database: number
  /** `null` with `--passive`, or when Redis could only be reached by `docker exec`. */
  probe: {
    /** Connected subscribers of the remote-control channel: nodes, hung ones too. */
    subscribers: number
    /** From request to the last reply that was waited for. */
    seconds: number
    /** Nodes that answered in pickle, which is never opened: alive, and no more is known of them. Absent is 0. */
    unreadable?: number
  } | null
  /** Nodes that answered; empty as well when `probe` is `null`. */
  nodes: Node[]
  /** Known names that did not answer, as far as `unreadable` ones are not among them: hung, or gone without saying goodbye. */
  silent: string[]
  /** Names that more than one node answered under. */
  duplicates: string[]
  queues: Queue[]
  unacked: {
    /** Delivered to a node and not acknowledged; holds tasks with an ETA, too. `null`: could not be counted. */
    messages: number | null
    /** Age of the oldest entry. */
    oldestSeconds: number | null
  }
}

/** Nodes that are alive and told nothing that could be read. */
export function unreadableNodes({probe}: CeleryFacts): number {
  return probe?.unreadable ?? 0
}

export type Node = {
  /** `celery@host`. */
  name: string
  /** e.g. `prefork`; `null` when the node did not tell. */
  pool: string | null
  poolProcesses: number | null
  /** What the pool was told to be: `--concurrency`. */
  concurrency: number | null
  prefetch: number | null
  uptimeSeconds: number | null
  /** Tasks accepted since the node's start, by task name. */
  accepted: Record<string, number>
  /** Tasks running now; arguments are never read into a snapshot. */
  active: RunningTask[]
  /** Delivered to the node, waiting for a free pool process; `null` when not told. */
  reserved: number | null
  queues: string[] | null
  /** From the node's configuration; `null` when not told. */
  conf: {
    /** `null` when not set: `-E` and `enable_events` turn them on without showing here. */
    sendsTaskEvents: boolean | null
    acksLate: boolean | null
    taskTimeLimitSeconds: number | null
    resultBackend: string | null
  } | null
  /** Broker as the node itself sees it, without credentials: `redis:6379/0`; absent or `null` when not told. */
  broker?: string | null
}

export type RunningTask = {
  id: string
  name: string
  /** Since the pool process took it; `null` when not started yet. */
  runningSeconds: number | null
  acknowledged: boolean | null
}

export type Queue = {
  name: string
  /** Waiting messages, all priority lists added up. */
  ready: number
  /** By priority step, e.g. `{0: 12, 3: 0, 6: 0, 9: 1}`. */
  byPriority: Record<string, number>
  /** Names of the nodes that consume it; `null` when no node could be asked. */
  consumers: string[] | null
}

/** A bounded look into the result backend: what stands there of finished tasks. */
export type ResultsFacts = {
  database: number
  /** Results read; the figures below rest on these. */
  sampled: number
  /** False when there were more results than the sample may hold. */
  complete: boolean
  /** ISO 8601 date of the oldest result in the sample. */
  since: string | null
  byTask: TaskOutcome[]
}

/** Counts of one task type. Task names are `null` when the results do not carry them (`result_extended` off). */
export type TaskOutcome = {
  task: string | null
  succeeded: number
  failed: number
  /** Retries that happened; `null` when not told. */
  retried: number | null
  /** Deliveries to a node, retries included; `null` when not told. */
  received: number | null
  /** Sum over `runtimeSamples` tasks; `null` when not told. */
  runtimeSecondsSum: number | null
  runtimeSamples: number
  /** Newest failure: exception with arguments masked, and when. */
  newestFailure: {exception: string; at: string | null; id: string | null} | null
}
