import type {Ask} from '../broker/confirm.ts'
import type {ProductionWishes} from '../config/production/production.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import {tryTo} from '../stack/failure.ts'
import {actingOn, describeStack, type Stack} from '../stack/stack.ts'
import type {Step} from '../stack/step.ts'
import {askOf} from './ask.ts'
import type {Context} from './context.ts'
import {examiner} from './examine.ts'
import {findHub, type Hub} from './hub.ts'
import {runSteps} from './progress.ts'
import {quietNodes} from './quiet-nodes.ts'

/** How long an action waits until the hub is healthy when nothing else is said, in seconds. */
export const usualWaitSeconds = 120

/** What commands that act on the stack work with. */
export type Acting = {
  stack: Stack
  hub: Hub
  /** Carries out steps and shows them on stderr. */
  carryOut: (steps: readonly Step[]) => Promise<void>
  /** Tells something on stderr that is not the result; not with `--quiet` and `--json`. */
  tell: (line: string) => void
  ask: Ask
}

/** Finds the stack to act on, and says which one it is. Throws a `HubError` for a target without a compose project. */
export async function findStack(
  context: Context,
  production: ProductionWishes | 'leave' | null = null,
): Promise<Acting> {
  return openStack(context, await findHub(context, true, production))
}

/** The stack of a hub that was found for acting. */
export async function openStack(context: Context, hub: Hub): Promise<Acting> {
  const {secrets, signal, settings} = context
  const {project, file} = actingOn(hub.target)
  const tell = (line: string) => {
    if (!context.quiet && !context.json) process.stderr.write(`${secrets.mask(line)}\n`)
  }
  const engine = await tryTo(signal, hub.engine)
  const examine = examiner(hub)
  const stack: Stack = {
    target: hub.target,
    project,
    file,
    engine,
    environment: hub.environment,
    services: settings.services.value,
    secrets,
    signal,
    quiet: containers => quietNodes(context, hub, containers, tell),
    examine: only => examine([...only]),
  }
  tell(`Acting on ${describeStack(stack)}`)
  return {
    stack,
    hub,
    carryOut: steps => runSteps(steps, {...context, stream: process.stderr}),
    tell,
    ask: askOf(context),
  }
}

/** What Celery says now, with what is held for an ETA; `null` when it could not be asked. */
export async function readCeleryNow(hub: Hub): Promise<CeleryFacts | null> {
  const snapshot = await hub.look(new Set<SourceId>(['celery']), {celery: {scheduled: true}})
  return factsFrom(snapshot.sources.celery) ?? null
}
