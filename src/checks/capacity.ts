import type {CeleryFacts, Node} from '../snapshot/celery.ts'

/** Pool processes, or what stands for them in pools without any; `null` when not told. */
export function slotsOf({poolProcesses, concurrency}: Node): number | null {
  return poolProcesses ?? concurrency
}

/** Every pool process has a task. */
export function isBusy(node: Node): boolean {
  const slots = slotsOf(node)
  return slots !== null && node.active.length >= slots
}

/** Whether its pool can be given more processes while it runs. */
export function canGrow({pool}: Node): boolean {
  return pool === 'prefork' || pool === 'gevent' || pool === 'eventlet'
}

/** Messages that a node holds against its prefetch; `null` when not told. */
function heldBy({active, reserved}: Node): number | null {
  return reserved === null
    ? null
    : reserved + active.filter(({acknowledged}) => acknowledged === false).length
}

/**
 * Delivered messages that no node tells of. With a rate limit these may be a node's own, waiting for their rate; nobody
 * says whose. All of them when the nodes do not tell what they hold for an ETA.
 */
function untoldIn({nodes, unacked}: CeleryFacts): number {
  const told = nodes.reduce((sum, node) => sum + (heldBy(node) ?? 0) + (node.scheduled ?? 0), 0)
  return unacked.messages === null ? Number.POSITIVE_INFINITY : Math.max(0, unacked.messages - told)
}

/** Whether a node would take another message at once: a pool process is free for certain, and so is a place in its prefetch. */
export function couldTake(node: Node, celery: CeleryFacts): boolean {
  const [slots, told] = [slotsOf(node), heldBy(node)]
  if (slots === null || told === null || node.prefetch === null || isBusy(node)) return false
  if (node.prefetch === 0) return true
  const held = told + (node.rateLimited === true ? untoldIn(celery) : 0)
  // Tasks held for their ETA raise a node's prefetch, and are not among those it holds here.
  const usual = node.conf === null ? 0 : node.conf.prefetchMultiplier * slots
  return held < (usual === 0 ? node.prefetch : Math.min(node.prefetch, usual))
}
