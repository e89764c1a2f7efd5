/** What was asked for one task. */
export type TaskQuestion = {
  id: string
  /** Keep arguments and results; else only of what kind and how long they are. */
  showArgs: boolean
  /** Send no remote-control request. */
  passive: boolean
}

/** What each place says of one task, before anybody compares them. Never part of a Snapshot. */
export type TaskStory = {
  id: string
  /** ISO 8601: before the first of its places was looked at. From where tasks come to where they end, so that none slips by. */
  lookedAt: string
  queues: {
    found: WaitingPlace | null
    /** How far each queue that was not empty was looked through. */
    looked: {queue: string; looked: number; of: number}[]
  }
  unacked: {
    found: {deliveredAt: string | null; message: TaskMessage} | null
    looked: number
    /** `null`: could not be counted. */
    of: number | null
  }
  /** `null` when no node was asked. */
  nodes: NodesStory | null
  result: ResultStory | null
  /** Where results were looked for; why not, when they were not. */
  results: {databases: number[]; whyNot: string | null}
  flower: FlowerStory | null
  /** Why Flower tells nothing; `null` when it was asked and answered. */
  notFlower: string | null
}

export type WaitingPlace = {
  queue: string
  /** Priority step of the list that it lies in. */
  step: number
  /** 1 is the next to be taken of its queue. */
  position: number
  message: TaskMessage
}

export type NodesStory = {
  /** Connected, hung ones too. */
  subscribers: number
  /** Names of those that said whether they have it; a name twice when two nodes have it. */
  answered: string[]
  /** Nodes that answered in pickle, which is never opened. */
  unreadable: number
  held: HeldStory[]
  /** Nodes that will drop it when they meet it. */
  revokedOn: string[]
  /** False when what is held for an ETA was not asked for: there is too much of it. */
  scheduledAsked: boolean
}

export type HeldStory = {
  node: string
  /** Kind of the node's pool, as after `-P`; `null` when it is not known. */
  pool: string | null
  /** `held`: a node knows it, and it is neither running nor reserved nor scheduled: about to end. */
  state: 'running' | 'reserved' | 'scheduled' | 'held'
  task: string | null
  queue: string | null
  /** ISO 8601, by the node's clock. */
  startedAt: string | null
  pid: number | null
  acknowledged: boolean | null
  redelivered: boolean | null
  /** ISO 8601. */
  eta: string | null
  args: Concealed | null
  kwargs: Concealed | null
}

/** What a message says of itself. */
export type TaskMessage = {
  task: string | null
  /** ISO 8601. */
  eta: string | null
  /** ISO 8601. */
  expires: string | null
  retries: number | null
  rootId: string | null
  parentId: string | null
  groupId: string | null
  /** Who sent it: `gen123@host`. */
  origin: string | null
  /** What its body is in; bodies in anything but JSON are never parsed. */
  contentType: string | null
  redelivered: boolean | null
  args: Concealed | null
  kwargs: Concealed | null
}

export type ResultStory = {
  database: number
  /** Celery's word; `null` when what is stored is not JSON, or too long to be read. */
  state: string | null
  /** Why there is no more, when there is not. */
  unreadable: string | null
  bytes: number
  /** Until Redis drops it; `null` when it never does, or that was not told. */
  expiresInSeconds: number | null
  /** ISO 8601. */
  doneAt: string | null
  task: string | null
  node: string | null
  queue: string | null
  retries: number | null
  groupId: string | null
  parentId: string | null
  /** At most 100. */
  children: string[]
  value: Concealed | null
  args: Concealed | null
  kwargs: Concealed | null
  /** Type and message, cut. */
  exception: string | null
  traceback: string | null
}

export type FlowerStory = {
  state: string | null
  task: string | null
  node: string | null
  queue: string | null
  retries: number | null
  runtimeSeconds: number | null
  /** ISO 8601. */
  eta: string | null
  rootId: string | null
  parentId: string | null
  children: string[]
  /** Celery's words for events, and when they happened, ISO 8601: `received`, `started`. */
  events: {event: string; at: string}[]
  exception: string | null
  traceback: string | null
  value: Concealed | null
  args: Concealed | null
  kwargs: Concealed | null
}

/** Somebody's data: of what kind and how long, and the data itself only when it was asked for. */
export type Concealed = {
  /** `text`, `number`, `boolean`, `null`, `list`, `object`; `repr`: as Python prints it. */
  kind: 'text' | 'number' | 'boolean' | 'null' | 'list' | 'object' | 'repr'
  /** Characters of a text or repr, entries of a list or object; else `null`. */
  length: number | null
  /** As JSON, or as Python prints it; cut when it is very long. `null` unless asked for. */
  shown: string | null
}
