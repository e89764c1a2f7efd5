import {type Consuming, consumedBy, stopConsuming, tellConsuming} from '../broker/stop-consuming.ts'
import {soloInCommand} from '../checks/names.ts'
import {type CeleryFacts, silenceOf, unreadableNodes} from '../snapshot/celery.ts'
import {type Container, hostsNode} from '../snapshot/docker.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Quieted} from '../stack/quieting.ts'
import {openBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

/** A stop is not held up for longer than this, whatever hangs. */
const quietSeconds = 6
const resumeSeconds = 6

/** Lets the nodes of these containers take nothing more; no others, wherever they run. Throws when it is broken off. */
export async function quietNodes(
  context: Context,
  hub: Hub,
  containers: readonly Container[],
  warn: (warning: string) => void,
): Promise<Quieted> {
  const snapshot = await hub.look(new Set<SourceId>(['celery', 'docker']), {celery: {briefly: true}})
  const {celery: reading, docker} = snapshot.sources
  const all = factsFrom(docker)?.containers ?? []
  const redis = all.filter(({role}) => role === 'redis')
  const celery = factsFrom(reading)
  // Where Redis does not run, nothing is on its way to anybody.
  if (redis.length > 0 && redis.every(({state}) => state !== 'running')) return nobody(null)
  if (celery === undefined)
    return nobody(reading?.status === 'fresh' ? null : (reading?.error.message ?? null))
  if (celery.probe === null) return nobody('nobody can be told anything over docker exec')

  const told = consumedBy(celery, node => isHere(containers, node) && !isElsewhere(containers, celery, node))
  const resume: Quieted['resume'] = async left => {
    const again = told.filter(({node}) => isHere(left, node))
    if (again.length === 0) return
    const signal = timeLimit(resumeSeconds)
    const {speak} = openBroker({...context, signal}, hub, warn)
    await speak(reach => tellConsuming(reach, celery, 'add_consumer', again, signal)).catch(() => {
      warn(`${namesOf(again)} may still take no tasks, as it was told: start it again`)
    })
  }
  const nodes = new Set(told.map(({node}) => node)).size
  const signal = AbortSignal.any([context.signal, timeLimit(quietSeconds)])
  try {
    const {speak} = openBroker({...context, signal}, hub, warn)
    const taking = await speak(reach => stopConsuming(reach, celery, told, signal))
    const why = taking.length > 0 ? `${taking.join(', ')} went on` : whyUntold(containers, celery, all)
    return {nodes: nodes - taking.length, warning: why, resume}
  } catch (error) {
    if (context.signal.aborted) await resume(containers)
    context.signal.throwIfAborted()
    return {nodes: 0, warning: signal.aborted ? 'it took too long' : (error as Error).message, resume}
  }
}

function nobody(warning: string | null): Quieted {
  return {nodes: 0, warning, resume: async () => {}}
}

function isHere(containers: readonly Container[], node: string): boolean {
  return containers.some(container => hostsNode(container, node))
}

/** More nodes answer by this name than run here. */
function isElsewhere(containers: readonly Container[], {nodes}: CeleryFacts, node: string): boolean {
  const here = containers.filter(container => hostsNode(container, node)).length
  return nodes.filter(({name}) => name === node).length > here
}

/** Why a node in these containers may take messages and was not told; `null` where none does, as far as it can be seen. */
function whyUntold(
  containers: readonly Container[],
  celery: CeleryFacts,
  all: readonly Container[],
): string | null {
  const {hung, unclear, nameless} = silenceOf(celery)
  // One that works by itself waits for no message while it is busy.
  const working = containers.filter(container => !soloInCommand(container))
  const silent = [...hung, ...(unclear?.names ?? [])].filter(name => isHere(working, name))
  if (silent.length > 0) return `${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer`
  const shared = celery.nodes.find(
    ({name}) => isHere(containers, name) && isElsewhere(containers, celery, name),
  )
  if (shared !== undefined) return `${shared.name} is the name of a node elsewhere, too`
  const mute = celery.nodes.find(({name, queues}) => isHere(containers, name) && queues === null)
  if (mute !== undefined) return `${mute.name} does not say what it consumes`
  if (unreadableNodes(celery) > 0) return 'a node answers in pickle, which is not opened'
  if ((celery.probe?.waitingClients ?? 0) > 0) return 'no node listens to remote control'
  const known = [...celery.nodes.map(({name}) => name), ...celery.silent]
  const empty = working.find(container => !known.some(name => hostsNode(container, name)))
  // A node whose name tells nothing of its container, or one that has only just been started.
  const placeless = known.some(name => !isHere(all, name))
  return empty !== undefined && (placeless || nameless > 0)
    ? `which node runs in ${empty.name} does not show`
    : null
}

function namesOf(consuming: readonly Consuming[]): string {
  return [...new Set(consuming.map(({node}) => node))].join(', ')
}
