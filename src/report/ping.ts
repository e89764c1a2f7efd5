/** Who was asked and how it went, as `workers ping --json` has it. */
export type Ping = {
  /** Nodes that are connected, whether asked or not. */
  subscribers: number
  /** From the request to the last reply that was waited for. */
  seconds: number
  answered: {name: string; seconds: number}[]
  /** Alive, but in pickle, which is never opened. */
  unreadable: number
  /** Asked by name, or known and connected, and not heard. */
  silent: string[]
  /** Connected and silent beyond all known names. */
  nameless: number
  /** Known names that nobody is connected under; not a failure unless asked for by name. */
  gone: string[]
}
