import type {Ask} from '../broker/confirm.ts'
import {type Action, record} from '../broker/journal.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {commandLine} from '../render/text/shell.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {ProbeRefused} from '../sources/celery/nodes/round.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {askOf} from './ask.ts'
import {celeryFactsOf} from './celery-facts.ts'
import type {Context} from './context.ts'
import {findHub, type Hub, type LookOptions} from './hub.ts'
import {openReaders} from './readers.ts'

/** From Ctrl-C on. */
const cutOffSeconds = 2

/** What commands that act on the broker and its nodes work with. */
export type BrokerActing = {
  hub: Hub
  /** Looks at Celery, and at the containers where there are any. Throws a `HubError` (69) where Celery cannot be read. */
  see: (how?: LookOptions) => Promise<{snapshot: Snapshot; celery: CeleryFacts}>
  /** Speaks to the nodes over a way to Redis of its own: for what changes nothing. */
  speak: <T>(work: (reach: ConnectedReach) => Promise<T>) => Promise<T>
  /**
   * Acts over a way to Redis of its own, and writes down what came of it, also when it fails or is interrupted: `did` says
   * what is begun, and `note` what more there is to say.
   */
  act: <T>(
    action: Pick<Action, 'command' | 'did'>,
    work: (reach: ConnectedReach, note: (more: Partial<Action>) => void) => Promise<T>,
  ) => Promise<{result: T; journal: string | null}>
  /** Tells something on stderr that is not the result; not with `--quiet` and `--json`. */
  tell: (line: string) => void
  ask: Ask
  /** A command line of ours that acts on the same target. */
  command: (...words: string[]) => string
}

/** Finds the broker. `acting`: by what was said or found, never by an address that merely happens to be set. */
export async function findBroker(
  context: Context,
  warn: (warning: string) => void,
  acting = true,
): Promise<BrokerActing> {
  return openBroker(context, await findHub(context, acting), warn)
}

/** The broker of a hub that was found. */
export function openBroker(context: Context, hub: Hub, warn: (warning: string) => void): BrokerActing {
  const {secrets, signal} = context
  const speak: BrokerActing['speak'] = async work => {
    const none = {wanted: new Set<SourceId>(), question: {passive: true}, finished: [], beforeStart: false}
    // In production hub-mon has a user for each: what only looks may not speak to nodes.
    const {reach, close} = openReaders(context, hub, {...none, rights: 'act'})
    // What is under way may come to its end; a Redis that hangs must not hold it.
    const cutOff = () => setTimeout(close, cutOffSeconds * 1000).unref()
    signal.addEventListener('abort', cutOff, {once: true})
    try {
      const reached = await reach(signal)
      if (reached.kind === 'exec') throw execOnly(reached.address)
      return await work(reached)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SourceError) throw new HubError('unavailable', error.code, error.message)
      if (error instanceof ProbeRefused) throw refused(error)
      throw error
    } finally {
      signal.removeEventListener('abort', cutOff)
      await close()
    }
  }
  const sources: SourceId[] = hub.target.kind === 'compose' ? ['celery', 'docker'] : ['celery']
  return {
    hub,
    async see(how) {
      const snapshot = await hub.look(new Set(sources), how)
      return {snapshot, celery: celeryFactsOf(snapshot, warn)}
    },
    speak,
    act: (begun, work) =>
      speak(async reach => {
        let action: Action = {...begun, target: reach.address, outcome: 'done', counts: {}}
        const writeDown = async () => {
          const {file, warning} = await record(action, {secrets, environment: process.env})
          if (warning !== null) warn(warning)
          return warning === null ? file : null
        }
        try {
          const result = await work(reach, more => {
            action = {...action, ...more}
          })
          return {result, journal: await writeDown()}
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          action = signal.aborted
            ? {...action, outcome: 'interrupted'}
            : {...action, outcome: 'failed', did: `${action.did}; failed: ${why}`}
          await writeDown()
          throw error
        }
      }),
    tell(line) {
      if (!context.quiet && !context.json) process.stderr.write(`${clean(secrets.mask(line))}\n`)
    },
    ask: askOf(context),
    command: (...words) => commandLine(['hub-mon', ...words, ...hub.target.flags]),
  }
}

function refused({message}: ProbeRefused): HubError {
  return new HubError('unavailable', 'refused', `Redis refuses what speaking to the nodes takes: ${message}`)
}

function execOnly(address: string): HubError {
  return new HubError(
    'unavailable',
    'exec-only',
    `only ${address} leads to Redis: nothing can be sent to the nodes that way`,
    {
      suggestions: [
        'publish the port of Redis on loopback, or name an address: --redis-url redis://HOST:6379/0',
      ],
    },
  )
}
