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
    /**
     * Clients that wait for messages though nobody listens to remote control: nodes with `worker_enable_remote_control` off, or
     * that have lost it. Counted only when no node is connected; absent otherwise, or when Redis does not tell.
     */
    waitingClients?: number
    /** Nodes that listen in other databases of this Redis; looked for only when none listens in ours. */
    elsewhere?: {database: number; nodes: number}[]
    /** What Redis has refused to other users than ours of late, the newest first; looked for only when no node is connected. */
    refused?: {user: string; what: string}[]
  } | null
  /** Nodes that answered; empty as well when `probe` is `null`. */
  nodes: Node[]
  /**
   * Lists of registered tasks, each once: a node's `registered` says which is its own. Hundreds of nodes of one release
   * share one.
   */
  registered: string[][]
  /** Known names that did not answer, as far as `unreadable` ones are not among them: hung, or gone without saying goodbye. */
  silent: string[]
  /** Every name that stands in Redis for remote control, whether its node answers or not; absent when not read. */
  known?: string[]
  /** Names that more than one node answered under. */
  duplicates: string[]
  queues: Queue[]
  unacked: {
    /** Delivered to a node and not acknowledged; holds tasks with an ETA, too. `null`: could not be counted. */
    messages: number | null
    /** Age of the oldest entry. */
    oldestSeconds: number | null
    /** Those delivered longest ago, oldest first, at most 200; `null` when none could be looked at. */
    sample: UnackedMessage[] | null
    /** True when every connected node has named all that it holds, so that an entry without an owner has none. */
    ownersKnown: boolean
  }
  /** Lists that replies of remote control lie in, ours of this run not counted; `null` when they could not be counted. */
  replyLists: {
    lists: number
    /** Nobody has touched these for longer than any caller waits. */
    abandoned: number
    /** Together, as Redis estimates it; `null` when not told. */
    bytes: number | null
  } | null
  /** Messages that a purge or a restore of ours took aside and did not end with; absent when none, or when it could not be read. */
  takenAway?: TakenAway[]
  /** Options of kombu's Redis transport that change what keys and channels are called. */
  names: {
    /** `global_keyprefix`; usually empty. */
    keyPrefix: string
    /** `control_exchange`: `celery` in `celery.pidbox`. */
    controlExchange: string
    /** In front of the exchange in the name of a channel: `/0.`, empty with `fanout_prefix: false`. */
    channelPrefix: string
    /** Between a queue's name and its priority step. */
    separator: string
    prioritySteps: number[]
  }
}

/** How closely Celery is looked at; more costs the nodes or the caller more. */
export type CeleryQuestion = {
  /** Write nothing: no remote-control request. */
  passive: boolean
  /** How long a silent node is waited for, in seconds; 1 when absent. */
  patienceSeconds?: number
  /** Ask nodes only what they do: not how they are configured, which tasks they have registered and what version they are. */
  briefly?: boolean
  /** Ask nodes for their version: 5 to 20 ms of each. When absent, where 2 to 50 nodes may differ. */
  versions?: boolean
  /** Ask nodes what they hold for an ETA. Left out where over 1,000 messages are unacknowledged: a node would be blocked by its answer. */
  scheduled?: boolean
  /** Ask nodes for a heartbeat, and listen to it, for the time that it says. */
  clocks?: boolean
  /** Look at the waiting messages themselves. */
  messages?: boolean
  /** Look at the queues again: after so many seconds, or only when the first look is suspicious. Never when absent. */
  secondLook?: number | 'when-suspicious'
}

/** Nodes that are alive and told nothing that could be read. */
export function unreadableNodes({probe}: CeleryFacts): number {
  return probe?.unreadable ?? 0
}

/** How many nodes there are, by who is connected to remote control and who answered. */
export type Census = {
  /** In pickle, too. */
  answered: number
  /** Connected and silent: hung, or busy in a solo pool. */
  hung: number
  /** Known names that neither answer nor are connected: they left without saying goodbye. */
  gone: number
}

/** Counts the nodes; `null` when none was asked. */
export function censusOf(celery: CeleryFacts): Census | null {
  if (celery.probe === null) return null
  const unreadable = unreadableNodes(celery)
  const answered = celery.nodes.length + unreadable
  const hung = Math.max(0, celery.probe.subscribers - answered)
  // Those that answered in pickle may be among the silent names.
  return {answered, hung, gone: Math.max(0, celery.silent.length - unreadable - hung)}
}

/**
 * What the names that did not answer are, as far as it shows: as many as are connected and silent are hung, the others
 * gone. Names are in neither when it cannot be told which is which.
 */
export type Silence = {
  /** Connected and silent: hung, or busy in a solo pool. */
  hung: string[]
  /** Neither connected nor answering. */
  gone: string[]
  /** So many of these are hung; of the others each is gone, or among those that answered in pickle. */
  unclear: {names: string[]; hung: number} | null
  /** Connected and silent beyond all known names. */
  nameless: number
}

/** Tells hung nodes from those that are gone; nothing of either where no node was asked. */
export function silenceOf(celery: CeleryFacts): Silence {
  const {silent: names} = celery
  const {hung = 0} = censusOf(celery) ?? {}
  const none = {hung: [], gone: [], unclear: null, nameless: Math.max(0, hung - names.length)}
  if (celery.probe === null || names.length === 0) return none
  if (hung >= names.length) return {...none, hung: names}
  if (hung === 0 && unreadableNodes(celery) === 0) return {...none, gone: names}
  return {...none, unclear: {names, hung}}
}

const mostNamed = 5

/** Which nodes are connected and silent, as far as it can be told: `2 of a, b, c are …, the rest gone`; `null` when none is. */
export function silentInWords(celery: CeleryFacts): string | null {
  const {hung = 0, gone = 0} = censusOf(celery) ?? {}
  if (hung === 0) return null
  const {silent} = celery
  const named = silent.slice(0, mostNamed).join(', ')
  const names = silent.length > mostNamed ? `${named} and ${silent.length - mostNamed} more` : named
  const are = hung === 1 ? 'is' : 'are'
  const state = 'connected to Redis but silent: hung, or busy in a solo pool'
  if (silent.length === 0)
    return `${hung} ${hung === 1 ? 'node' : 'nodes'} without a known name ${are} ${state}`
  if (hung < silent.length)
    return `${hung} of ${names} ${are} ${state}${gone > 0 ? '; the rest is gone' : ''}`
  const unnamed = hung - silent.length
  return `${names}${unnamed > 0 ? ` and ${unnamed} without a known name` : ''} ${are} ${state}`
}

export type Node = {
  /** `celery@host`. */
  name: string
  /** From the request to this node's first answer. */
  answerSeconds: number | null
  /** Celery's, e.g. `5.2.6`; `null` when not asked or not told. */
  version: string | null
  /** Of kombu, which speaks to Redis; absent or `null` as `version`. */
  kombuVersion?: string | null
  /** Absent or `null` as `version`. */
  pythonVersion?: string | null
  /** e.g. `prefork`; `null` when the node did not tell. */
  pool: string | null
  poolProcesses: number | null
  /** What the pool was told to be: `--concurrency`. */
  concurrency: number | null
  prefetch: number | null
  uptimeSeconds: number | null
  /**
   * How far the node's clock is ahead of this machine's (below 0: behind) at the least; 0 when it agrees as far as that can be
   * seen. Absent when not asked; `null` when it did not show.
   */
  clockOffsetSeconds?: number | null
  /** Tasks accepted since the node's start, by task name. */
  accepted: Record<string, number>
  /** Tasks running now; arguments are never read into a snapshot. */
  active: RunningTask[]
  /** Delivered to the node, waiting for a free pool process; `null` when not told. */
  reserved: number | null
  /** The first of them, at most 50. */
  reservedTasks: HeldTask[]
  /** All reserved tasks of the first look are still reserved in a second one; absent or `null` when there was none. */
  reservedUnchanged?: boolean | null
  /** Held for their ETA; `null` when not asked (see `CeleryQuestion`) or not told. */
  scheduled: number | null
  /** The soonest of them, at most 50. */
  scheduledTasks: ScheduledTask[]
  /** Index into `CeleryFacts.registered`; `null` when not told. */
  registered: number | null
  /** A task of it has a rate limit: what waits for its rate is delivered and stands in none of the lists above. Absent or `null` when not told. */
  rateLimited?: boolean | null
  queues: string[] | null
  /** From the node's configuration; `null` when not told. */
  conf: {
    /** `null` when not set: `-E` and `enable_events` turn them on without showing here. */
    sendsTaskEvents: boolean | null
    acksLate: boolean | null
    taskTimeLimitSeconds: number | null
    taskSoftTimeLimitSeconds: number | null
    /** Messages taken ahead for each pool process; 4 by default, 0 is without bound. */
    prefetchMultiplier: number
    /** After which Redis's transport delivers an unacknowledged message again; 3600 by default. */
    visibilityTimeoutSeconds: number
    /** `null` when results are kept for ever; a day by default. */
    resultExpiresSeconds: number | null
    resultBackend: string | null
    /** What results have in front of their keys (`result_backend_transport_options`); absent or `null` when nothing. */
    resultKeyPrefix?: string | null
  } | null
  /** Broker as the node itself sees it, without credentials: `redis:6379/0`; absent or `null` when not told. */
  broker?: string | null
}

export type HeldTask = {
  id: string
  name: string
  queue: string | null
}

export type ScheduledTask = HeldTask & {
  /** ISO 8601. */
  eta: string | null
}

export type RunningTask = HeldTask & {
  /** Since the pool process took it; `null` when not started yet. */
  runningSeconds: number | null
  acknowledged: boolean | null
  /** The process that runs it, as the node's own machine or container counts; `null` when not told. */
  pid: number | null
}

export type UnackedMessage = {
  id: string | null
  task: string | null
  queue: string | null
  /** Since it was delivered, by the clock of the node that took it. */
  deliveredSeconds: number
  /** ISO 8601; `null` for a task that may run at once. */
  eta: string | null
  /** The node that says it holds or runs it; `null` when none does. */
  owner: string | null
}

export type Queue = {
  name: string
  /** Waiting messages, all priority lists added up. */
  ready: number
  /** By priority step, e.g. `{0: 12, 3: 0, 6: 0, 9: 1}`. */
  byPriority: Record<string, number>
  /** Names of the nodes that consume it; `null` when no node could be asked. */
  consumers: string[] | null
  /** Messages of it that are delivered and not acknowledged; `null` when there are more than could be looked through. */
  unacked: number | null
  /** Waiting messages that were looked at; `null` when there is none, or they may not be read. */
  sample: WaitingSample | null
  /** What a second look showed; `null` when there was none. */
  flow: QueueFlow | null
}

/** Messages of a queue that lie under names of ours, until `queues restore` puts them back. */
export type TakenAway = {
  /** What `queues restore` knows them by. */
  id: string
  queue: string
  /** `null` when it could not be counted. */
  messages: number | null
  /** ISO 8601: when they were taken; `null` when it is not told. */
  at: string | null
  /** File that they were to be kept in, and the host it is on; `null` when it is not told. */
  file: {path: string; host: string} | null
}

/** A look at both ends of a queue, bounded in messages and bytes. Bodies are never opened; what is told is in the headers. */
export type WaitingSample = {
  /** How many were looked at. */
  messages: number
  /** True when these are all that wait. */
  complete: boolean
  /** Next to be taken, of the most urgent priority. */
  oldest: WaitingMessage | null
  /** Those that were looked at, next to be taken first, at most 50. Absent in snapshots of hub-mon 0.1. */
  seen?: WaitingMessage[]
  byTask: {task: string | null; messages: number}[]
  /** Of those looked at: bodies in something else than JSON (pickle, yaml), by content type. */
  unreadable: {contentType: string; messages: number}[]
  /** The longest that was met; `null` when not measured. */
  largestBytes: number | null
  /** Of a message on average, as Redis estimates it or as measured; `null` when neither. */
  averageBytes: number | null
}

export type WaitingMessage = {
  id: string | null
  task: string | null
  /** ISO 8601. */
  eta: string | null
  retries: number | null
}

/** How a queue moved between two looks. */
export type QueueFlow = {
  /** Between the two looks. */
  seconds: number
  /** Ready messages now; `Queue.ready` is of the first look. */
  ready: number
  /** Came in meanwhile; `null` when nothing stayed to count by. */
  arrived: number | null
  /** Was taken meanwhile; `null` when nothing stayed to count by. */
  taken: number | null
  /** The message next to be taken is the one of the first look. */
  headUnchanged: boolean
}

/** Celery's words for a task that has ended. */
export const finishedStates: readonly string[] = ['SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED']

/** Finished tasks, newest first: from Flower, else from the result backend. */
export type FinishedFacts = {
  from: 'flower' | 'results'
  /** Why not from Flower; `null` when from there. */
  notFlower: string | null
  tasks: FinishedTask[]
  /** How many finished tasks were looked at; the figures rest on these. */
  looked: number
  /** False when there were more than could be looked at. */
  complete: boolean
}

export type FinishedTask = {
  id: string
  /** `null` when results do not carry it (`result_extended` off). */
  name: string | null
  /** Celery's word: `SUCCESS`, `FAILURE`, `REVOKED`, `REJECTED`, `RETRY`. */
  state: string
  node: string | null
  queue: string | null
  /** ISO 8601: when it ended. */
  at: string | null
  runtimeSeconds: number | null
  /** Type and message, masked; `null` when it did not fail. */
  exception: string | null
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
  /** A look at when results go by themselves; `null` when it was not allowed. */
  expiry: {looked: number; withoutExpiry: number} | null
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
