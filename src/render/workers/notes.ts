import {containersOf} from '../../checks/names.ts'
import {type CeleryFacts, censusOf, silentInWords, unreadableNodes} from '../../snapshot/celery.ts'
import {secondsSince} from '../../snapshot/seconds-since.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {duration} from '../text/duration.ts'
import {plural} from '../text/number.ts'
import type {Worker} from './rows.ts'

/** To import the application and to connect. */
const startSeconds = 30
const mostNamed = 5

/** What a table of nodes does not say by itself, a sentence each: who is hung or gone, who differs, what is shared. */
export function notesOn(snapshot: Snapshot, celery: CeleryFacts, workers: readonly Worker[]): string[] {
  return [
    ...silentNotes(celery),
    ...celery.duplicates.map(
      name =>
        `${plural(celery.nodes.filter(node => node.name === name).length, 'node')} answer as ${name}: commands reach all of them; start each under a name of its own (-n worker@%h)`,
    ),
    ...unreadableNote(celery),
    ...versionNote(workers),
    ...registeredNotes(celery, workers),
    ...sharedNotes(workers),
    ...startingNotes(snapshot, workers),
  ]
}

function silentNotes(celery: CeleryFacts): string[] {
  const census = censusOf(celery)
  const hung = silentInWords(celery)
  if (census === null) return []
  return [
    ...(hung === null ? [] : [hung]),
    ...(hung === null && census.gone > 0
      ? [`${named(celery.silent)} left without saying goodbye: killed, or cut off from Redis`]
      : []),
  ]
}

function unreadableNote(celery: CeleryFacts): string[] {
  const unreadable = unreadableNodes(celery)
  if (unreadable === 0) return []
  const verb = unreadable === 1 ? 'answers' : 'answer'
  return [
    `${plural(unreadable, 'node')} ${verb} in pickle, which is never opened: alive, and no more is told`,
  ]
}

function versionNote(workers: readonly Worker[]): string[] {
  const versions = counted(workers.flatMap(({version}) => version ?? []))
  if (versions.length < 2) return []
  return [
    `Nodes differ in version: ${versions.map(([version, nodes]) => `${version} (${plural(nodes, 'node')})`).join(', ')}`,
  ]
}

/** Names of tasks that some nodes have and others that consume the same queue lack. */
function registeredNotes({registered}: CeleryFacts, workers: readonly Worker[]): string[] {
  const lists = counted(workers.flatMap(worker => (worker.registered === null ? [] : [worker.registered])))
  if (lists.length < 2) return []
  const sets = lists.map(([place, nodes]) => ({tasks: new Set(registered[place]), nodes}))
  const all = new Set(sets.flatMap(({tasks}) => [...tasks]))
  const partly = [...all].filter(task => sets.some(({tasks}) => !tasks.has(task))).sort()
  return [`Nodes differ in registered tasks: not all have ${named(partly)}; --verbose shows each node's`]
}

function sharedNotes(workers: readonly Worker[]): string[] {
  const shared = workers.flatMap(({container}) =>
    container !== null && container.nodes > 1 ? [container] : [],
  )
  return [...new Map(shared.map(container => [container.name, container])).values()]
    .filter(({cpuRatio, memoryBytes}) => cpuRatio !== null || memoryBytes !== null)
    .map(
      ({name, nodes}) =>
        `${nodes} nodes share the container ${name}: CPU and memory are those of all together`,
    )
}

/** Containers of workers that were started just now and whose node is not there yet. */
function startingNotes(snapshot: Snapshot, workers: readonly Worker[]): string[] {
  const heard = new Set(
    workers.flatMap(({state, container}) =>
      container !== null && (state === 'online' || state === 'busy') ? [container.name] : [],
    ),
  )
  return containersOf(snapshot, 'worker')
    .filter(({state, name}) => state === 'running' && !heard.has(name))
    .map(container => ({...container, runs: secondsSince(container.startedAt, snapshot.takenAt)}))
    .filter(({runs}) => runs < startSeconds)
    .map(({name, runs}) => `${name} was started ${duration(runs)} ago: its node is not there yet`)
}

function counted<T>(items: readonly T[]): [T, number][] {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

function named(names: readonly string[]): string {
  const rest = names.length - mostNamed
  return rest > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${rest} more` : names.join(', ')
}
