/** How large a fleet is made, and how ill. */
export type FleetOptions = {
  /** Connected nodes: PUBLISH on the channel of remote control reaches so many. */
  nodes: number
  /** Of these: subscribed, and never a word. */
  hung: number
  /** Of these: answering in pickle. */
  pickle: number
  /** Of these: answering under the name of another one. */
  duplicates: number
  /** Beside these: bound, and not connected any more. */
  gone: number
  /** Deployments: nodes of one group consume the same queues. */
  groups: number
  /** Lists of registered tasks and versions of Celery; each group runs one. */
  releases: number
  queues: number
  /** Of these: bound, and consumed by nobody. */
  orphans: number
  /** Messages that wait in each queue, a tenth of them in a list of its own for their priority. */
  depth: number
  /** Messages that wait in the first queue; as in the others when 0. */
  deepest: number
  /** Tasks that each node runs. */
  active: number
  /** Tasks that each node holds beside them, in `unacked`. */
  reserved: number
}

export const usualFleet: FleetOptions = {
  nodes: 1000,
  hung: 0,
  pickle: 0,
  duplicates: 0,
  gone: 0,
  groups: 50,
  releases: 3,
  queues: 200,
  orphans: 0,
  depth: 3,
  deepest: 0,
  active: 2,
  reserved: 8,
}

/** What the fleet consists of, so that what is said of it can be held against it. Names are sorted. */
export type FleetNames = {
  answering: string[]
  hung: string[]
  pickle: string[]
  gone: string[]
  duplicated: string[]
  queues: string[]
  orphans: string[]
}
