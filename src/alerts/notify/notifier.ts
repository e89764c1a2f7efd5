import type {Notification} from '../notification.ts'

/** A way to tell somebody of a change. One file each, and a line in the registry. */
export type NotifierKind = {
  /** Name of its flag and of its key in the configuration: `webhook`. */
  kind: string
  /** What it takes, for help: `<url>`. */
  takes: string
  summary: string
  /** What it gets, for the manual. */
  about: string
  /** An address, as the configuration may have it. */
  example: string
  /** Why an address cannot be used; `null` when it can. */
  fault: (address: string) => string | null
  /** The whole address is a secret, as that of a webhook is with most services. */
  secret?: true
  /** Whom it tells, for people, without secrets. */
  place: (address: string) => string
  /** Tells; throws an `Error` that says in one sentence why it could not. */
  deliver: (address: string, notification: Notification, within: AbortSignal) => Promise<void>
  /** For receivers that forget what they are not reminded of: all that fires, again and again. */
  remind?: {
    everySeconds: number
    deliver: (address: string, firing: readonly Notification[], within: AbortSignal) => Promise<void>
  }
}

/** One that was configured. */
export type Receiver = {
  /** Without secrets, the same over restarts. */
  id: string
  kind: NotifierKind
  address: string
}

/** One delivery takes no longer, in seconds. */
export const deliverySeconds = 30
