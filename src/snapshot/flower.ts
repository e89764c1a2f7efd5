import type {TaskOutcome} from './celery.ts'

/** What Flower answers, and what it lets us see. */
export type FlowerFacts = {
  /** Without credentials. */
  url: string
  /** From the page or headers where Flower tells it; often `null`. */
  version: string | null
  /**
   * - `usable`: answers us.
   * - `not-enabled`: 401 for want of auth or `FLOWER_UNAUTHENTICATED_API`.
   * - `unauthorized`: basic auth wanted, missing or wrong.
   * - `login-page`: OAuth in front.
   * - `disabled-by-auth`: 405 of Flower 1.1 and 1.2.
   * - `wrong-prefix`: 404 everywhere, so `url_prefix` differs.
   * - `not-flower`: something else answers on that port.
   */
  api:
    | 'usable'
    | 'not-enabled'
    | 'unauthorized'
    | 'login-page'
    | 'disabled-by-auth'
    | 'wrong-prefix'
    | 'not-flower'
  /** True when we sent credentials. */
  sentCredentials: boolean
  /** True when pages need credentials; `null` when that could not be told. */
  asksAuth: boolean | null
  /** True when `/metrics` answers without credentials; `null` when not asked. */
  metricsOpen: boolean | null
  /** False when the API may act on the hub (run tasks, stop workers); `null` when not known. */
  readOnly: boolean | null
  /** `null` when the API and pages are closed to us. */
  nodes: {name: string; online: boolean}[] | null
  /** Counters since Flower's own start; `null` without `/metrics`. */
  tasks: {
    /** ISO 8601: when Flower's process started. */
    since: string | null
    byTask: TaskOutcome[]
    /** Sum of task events by node; says whether events flow. */
    eventsByNode: Record<string, number>
  } | null
}
