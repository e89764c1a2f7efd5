/** What the containers that are not well wrote last: the lines that tell why, and no others. */
export type LogsFacts = {containers: ContainerLog[]}

export type ContainerLog = {
  /** The container's. */
  name: string
  service: string
  /** The newest line of each kind, of its last run; empty where none tells anything. */
  lines: TellingLine[]
}

export type TellingLine = {
  /** An id of `checks/log-causes.ts`. */
  kind: string
  /** Masked, without control characters, cut. */
  text: string
  /** ISO 8601; `null` where the engine does not tell. */
  at: string | null
  /** How many lines of its kind there were. */
  times: number
}
