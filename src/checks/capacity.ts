import type {Node} from '../snapshot/celery.ts'

/** Pool processes, or what stands for them in pools without any; `null` when not told. */
export function slotsOf({poolProcesses, concurrency}: Node): number | null {
  return poolProcesses ?? concurrency
}

/** Every pool process has a task. */
export function isBusy(node: Node): boolean {
  const slots = slotsOf(node)
  return slots !== null && node.active.length >= slots
}

/** Messages that a node holds against its prefetch; `null` when not told. */
function heldBy({active, reserved}: Node): number | null {
  return reserved === null
    ? null
    : reserved + active.filter(({acknowledged}) => acknowledged === false).length
}

/** Whether a node would take another message at once: a pool process is free, and so is a place in its prefetch. */
export function couldTake(node: Node): boolean {
  const [slots, held] = [slotsOf(node), heldBy(node)]
  if (slots === null || held === null || node.prefetch === null || isBusy(node)) return false
  if (node.prefetch === 0) return true
  // Tasks held for their ETA raise a node's prefetch, and are not among those it holds here.
  const usual = node.conf === null ? 0 : node.conf.prefetchMultiplier * slots
  return held < (usual === 0 ? node.prefetch : Math.min(node.prefetch, usual))
}
