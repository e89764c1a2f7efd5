import {type CeleryFacts, type RunningTask, unreadableNodes} from '../snapshot/celery.ts'

/** A running task and whether its message is acknowledged already; `null` when not told. */
type Running = RunningTask & {node: string; early: boolean | null}

/**
 * What a restart of the nodes does to the tasks that run now, a sentence each; `null` when nobody could be asked.
 * A warm shutdown waits for running tasks; after `graceSeconds` the engine kills what is left.
 */
export function foretell(celery: CeleryFacts | null, graceSeconds: number): string[] {
  if (celery === null || celery.probe === null)
    return [`How many tasks are running could not be told; they get ${graceSeconds} s to finish.`]
  const running = runningOn(celery)
  const unheard = celery.silent.length + unreadableNodes(celery)
  const silent =
    unheard === 0
      ? []
      : [`${unheard} of the nodes did not answer, or not in JSON: their tasks are not counted.`]
  if (running.length === 0) return ['No task is running.', ...silent]
  const lost = running.filter(({early}) => early === true).length
  const again = running.filter(({early}) => early === false).length
  const untold = running.length - lost - again
  return [
    `${count(running.length)} running; ${running.length === 1 ? 'it gets' : 'they get'} ${graceSeconds} s to finish.`,
    ...(lost === 0 ? [] : [`Of these, ${count(lost)} acknowledged already: lost if not done by then.`]),
    ...(again === 0 ? [] : [`Of these, ${count(again)} acknowledged late: run again if not done by then.`]),
    ...(untold === 0
      ? []
      : [`For ${count(untold).replace(/ (is|are)$/, '')} it could not be told what becomes of it.`]),
    ...silent,
  ]
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
  return tasks === 1 ? '1 task is' : `${tasks} tasks are`
}
