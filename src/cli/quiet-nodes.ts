import {setTimeout as pause} from 'node:timers/promises'
import {type Consuming, consumedBy, tellConsuming} from '../broker/stop-consuming.ts'
import {type CeleryFacts, unreadableNodes} from '../snapshot/celery.ts'
import {type Container, hostsNode} from '../snapshot/docker.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {openBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

export type Quieted = {
  /** How many of the nodes take nothing more. */
  nodes: number
  /** Why others may still do. */
  warning: string | null
  /** They take messages again; for when they are not started anew. Never throws. */
  undo: () => Promise<void>
}

/** A node waits at its queues for a second at a time (kombu), and takes in what came last then. */
const settleSeconds = 3
const undoSeconds = 10

/** Lets the nodes of these containers take nothing more, so that nothing is on its way to them when they end. */
export async function quietNodes(
  context: Context,
  hub: Hub,
  containers: readonly Container[],
  warn: (warning: string) => void,
): Promise<Quieted> {
  const snapshot = await hub.look(new Set<SourceId>(['celery']))
  const celery = factsFrom(snapshot.sources.celery)
  const silent = 'not every node could be told to take no more messages'
  if (celery === undefined) return {nodes: 0, warning: silent, undo: async () => {}}
  const wanted = consumedBy(celery, node => containers.some(container => hostsNode(container, node)))
  let told: Consuming[] = []
  const undo = async () => {
    if (told.length === 0) return
    const signal = timeLimit(undoSeconds)
    const {speak} = openBroker({...context, signal}, hub, warn)
    await speak(reach => tellConsuming(reach, celery, 'add_consumer', told, signal)).catch(() => {
      warn(`nodes were told to take no messages and could not be told to go on: start them again`)
    })
  }
  try {
    const {speak} = openBroker(context, hub, warn)
    // Before they agree: an answer that gets lost must not leave them idle.
    told = wanted
    const agreed = await speak(reach =>
      tellConsuming(reach, celery, 'cancel_consumer', wanted, context.signal),
    )
    if (agreed.length > 0) await pause(settleSeconds * 1000, undefined, {signal: context.signal})
    const all = agreed.length === wanted.length && wanted.length > 0 && everyNodeTold(celery, containers)
    return {
      nodes: new Set(agreed.map(({node}) => node)).size,
      warning: all ? null : silent,
      undo,
    }
  } catch (error) {
    await undo()
    context.signal.throwIfAborted()
    throw error
  }
}

function everyNodeTold(celery: CeleryFacts, containers: readonly Container[]): boolean {
  const isHere = (node: string) => containers.some(container => hostsNode(container, node))
  const untold = celery.nodes.some(({name, queues}) => isHere(name) && queues === null)
  return !untold && !celery.silent.some(isHere) && unreadableNodes(celery) === 0
}
