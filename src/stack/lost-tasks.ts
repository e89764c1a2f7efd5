import {heldWords, onceDelivered} from '../broker/held-words.ts'
import {plural} from '../render/text/number.ts'
import {type CeleryFacts, type RunningTask, unreadableNodes} from '../snapshot/celery.ts'
import {type Container, hostsNode} from '../snapshot/docker.ts'

/** A running task and whether its message is acknowledged already; `null` when not told. */
type Running = RunningTask & {node: string; early: boolean | null}

/** The nodes that run in these containers; all of them where no place is known. */
export function nodesIn(containers: readonly Container[], celery: CeleryFacts): CeleryFacts {
  const isHere = (name: string) => containers.some(container => hostsNode(container, name))
  const known = celery.nodes.some(({name}) => isHere(name)) || celery.silent.some(isHere)
  if (!known) return celery
  return {
    ...celery,
    nodes: celery.nodes.filter(({name}) => isHere(name)),
    silent: celery.silent.filter(isHere),
  }
}

/**
 * What the end of the nodes does to the tasks that run now, and to those that they hold, a sentence each; `celery` is `null` when nobody
 * could be asked. A warm shutdown waits for running tasks; after `graceSeconds` (`null`: what the compose file says) the engine kills
 * what is left.
 */
export function foretell(celery: CeleryFacts | null, graceSeconds: number | null): string[] {
  const grace = graceSeconds === null ? 'the stop_grace_period of the compose file' : `${graceSeconds} s`
  if (celery === null || celery.probe === null)
    return [`How many tasks are running could not be told; they get ${grace} to finish.`]
  const running = runningOn(celery)
  const unheard = celery.silent.length + unreadableNodes(celery)
  const silent =
    unheard === 0
      ? []
      : [`${unheard} of the nodes did not answer, or not in JSON: their tasks are not counted.`]
  const rest = [...heldWords(celery.nodes), ...silent]
  if (running.length === 0) return ['No task is running.', ...rest]
  const lost = running.filter(({early}) => early === true).length
  const again = running.filter(({early}) => early === false).length
  const untold = running.length - lost - again
  return [
    `${count(running.length)} running; ${running.length === 1 ? 'it gets' : 'they get'} ${grace} to finish.`,
    ...(lost === 0 ? [] : [`Of these, ${count(lost)} acknowledged already: lost if not done by then.`]),
    ...(again === 0
      ? []
      : [
          `Of these, ${count(again)} acknowledged late: run again if not done by then, ${onceDelivered(celery.nodes)}.`,
        ]),
    ...(untold === 0
      ? []
      : [`For ${count(untold).replace(/ (is|are)$/, '')} it could not be told what becomes of it.`]),
    ...rest,
  ]
}

/** The same of the nodes in these containers. */
export async function foretellIn(
  containers: readonly Container[],
  ask: () => Promise<CeleryFacts | null>,
  graceSeconds: number | null,
): Promise<string[]> {
  const celery = await ask()
  return foretell(celery === null ? null : nodesIn(containers, celery), graceSeconds)
}

/** Tasks that run now and would be lost if they were not done in time: that is not known to be acknowledged late. */
export function canBeLost(celery: Pick<CeleryFacts, 'nodes'>): number {
  return runningOn(celery).filter(({early}) => early !== false).length
}

function runningOn({nodes}: Pick<CeleryFacts, 'nodes'>): Running[] {
  return nodes.flatMap(({name, active, conf}) =>
    active.map(task => ({...task, node: name, early: task.acknowledged ?? earlyBy(conf?.acksLate)})),
  )
}

function earlyBy(acksLate: boolean | null | undefined): boolean | null {
  return acksLate === null || acksLate === undefined ? null : !acksLate
}

function count(tasks: number): string {
  return `${plural(tasks, 'task')} ${tasks === 1 ? 'is' : 'are'}`
}
