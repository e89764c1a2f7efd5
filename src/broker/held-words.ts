import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import type {Node} from '../snapshot/celery.ts'

type Holding = Pick<Node, 'pool' | 'reserved' | 'scheduled' | 'conf'>

/** What becomes of tasks that nodes hold and have not begun, when they end, a sentence each. None of them is acknowledged. */
export function heldWords(nodes: readonly Holding[]): string[] {
  // What a pool of threads has reserved is in it already.
  const [threads, others] = [nodes.filter(isThreads), nodes.filter(node => !isThreads(node))]
  const first = sum(threads.map(({reserved}) => reserved ?? 0))
  const reserved = others.some(node => node.reserved === null)
    ? null
    : sum(others.map(node => node.reserved ?? 0))
  const scheduled = sum(nodes.map(node => node.scheduled ?? 0))
  const kinds = [
    ...(reserved === 0 ? [] : [`${reserved ?? 'an unknown number'} reserved`]),
    ...(scheduled === 0 ? [] : [`${scheduled} for ${scheduled === 1 ? 'its' : 'their'} ETA`]),
  ]
  return [
    ...(first === 0
      ? []
      : [`${plural(first, 'task')} that threads have reserved ${first === 1 ? 'is' : 'are'} run before.`]),
    ...(kinds.length === 0
      ? []
      : [
          `Held and not begun: ${kinds.join(', ')}. They go back to their queues when the node ends; where it is killed, ${onceDelivered(nodes)}.`,
        ]),
  ]
}

/** When Redis's transport delivers again what was never acknowledged. */
export function onceDelivered(nodes: readonly Pick<Node, 'conf'>[]): string {
  const seconds = nodes.flatMap(({conf}) => conf?.visibilityTimeoutSeconds ?? [])
  const longest = seconds.length === 0 ? '' : ` (${duration(Math.max(...seconds))})`
  return `once the visibility timeout${longest} is over`
}

function isThreads({pool}: Holding): boolean {
  return pool === 'threads'
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, many) => all + many, 0)
}
