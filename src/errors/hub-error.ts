import {type ExitName, exitCodes} from './exit-codes.ts'

/** An error for people: what failed, why, and what to type next. Never printed with a stack trace. */
export class HubError extends Error {
  /** Stable and lower case, e.g. `port-in-use`. */
  readonly code: string
  readonly exit: number
  /** The reason, when the message alone does not give it: last lines of a log, words of Compose. */
  readonly detail: string | null
  /** What to type or change next, the best first. */
  readonly suggestions: readonly string[]
  readonly docs: string | null

  constructor(
    exit: ExitName,
    code: string,
    message: string,
    more: {
      detail?: string | null
      suggestions?: readonly string[]
      docs?: string | null
      cause?: unknown
    } = {},
  ) {
    super(message, {cause: more.cause})
    this.name = 'HubError'
    this.code = code
    this.exit = exitCodes[exit]
    this.detail = more.detail ?? null
    this.suggestions = more.suggestions ?? []
    this.docs = more.docs ?? null
  }
}
