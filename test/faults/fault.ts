import type {CeleryAppOptions} from '../services/celery.ts'
import type {ComposeHub} from '../services/compose-hub.ts'
import type {HostHub, HostRedis} from '../services/host-hub.ts'
import type {Operator} from '../services/operator.ts'

/** One way to break a healthy hub, what doctor must say of it, and how it is mended. */
export type Fault = ComposeFault | HostFault

/** On a whole stack of containers, shared with other faults: what is broken must be mended again. */
export type ComposeFault<Broken = unknown> = Common<ComposeHub, Broken> & {
  on: 'compose'
  /** A stack for this fault alone, with these variables in its `.env`: where what is broken cannot be undone. */
  alone?: Record<string, string>
}

/** On a Redis, nodes and a replayed Flower without containers, for this fault alone. */
export type HostFault<Broken = unknown> = Common<HostHub, Broken> & {
  on: 'host'
  /** Celery's settings, and further tasks of the application. */
  app?: CeleryAppOptions
  redis?: HostRedis
  /** Starts nodes and Flower, and does what was done before: one node `one@test` and Flower, when absent. */
  start?: (hub: HostHub) => Promise<unknown>
}

type Common<Hub extends Operator, Broken> = {
  /** What has happened, in a sentence without a full stop. */
  title: string
  /** Returns when it is broken for good, and not only about to break. What it gives, `carryOut` and `tidy` get. */
  breakIt: (hub: Hub) => Promise<Broken>
  expects: Expected
  cure: Cure<Hub, Broken>
  second?: Second<Hub, Broken>
  /** After the cure: takes away what the next fault must not find. */
  tidy?: (hub: Hub, broken: Broken) => Promise<unknown>
  /** Too slow for every run: it has its turn in `npm run test:all`. */
  slow?: true
}

/**
 * Another cause, which the cure of the first one leaves: it stands right behind that one, or, where it may well come from it,
 * among what follows; then it stands first, and is cured in its turn.
 */
export type Second<Hub extends Operator, Broken> = {expects: Expected; cure: Cure<Hub, Broken>}

export type Expected = {
  /** The check that stands first. */
  first: string
  /** Of the whole; the exit code follows from it. Where all is well but for a notice, that stands first. */
  verdict: 'critical' | 'unknown' | 'warning' | 'ok'
  /** What its message says: who, which, how much. */
  says: RegExp
  /** Checks that may raise an alarm of their own beside it, each with the reason. */
  alsoAlarms?: Record<string, string>
}

export type Cure<Hub extends Operator, Broken> =
  /** The first cure is a command; typing it mends the hub. */
  | 'typed'
  /** It asks on the terminal, and gets this answer. */
  | {answer: string}
  /** The first cure is for a person to decide: what it says, and that decision carried out. */
  | {
      decision: RegExp
      carryOut: (hub: Hub, broken: Broken) => Promise<unknown>
      /** The command after it is typed then; with what its question on the terminal is answered. */
      afterwards?: 'typed' | {answer: string}
    }

/** For `export default` of a file `<area>/<name>.fault.ts`. */
export function defineFault<Broken>(fault: ComposeFault<Broken> | HostFault<Broken>): Fault {
  return fault as Fault
}
