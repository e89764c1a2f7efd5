import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {plural} from '../render/text/number.ts'
import type {Node} from '../snapshot/celery.ts'

export type PoolChange = {
  direction: 'grow' | 'shrink'
  /** By so many pool processes. */
  by: number
}

/** Pools that are as large as they were started. */
const fixedPools = ['solo', 'threads']

/** Pool processes of the nodes under a name, by node; `null` when not told. */
export function sizesOf(nodes: readonly Node[]): (number | null)[] {
  return nodes.map(({poolProcesses, concurrency}) => poolProcesses ?? concurrency)
}

/** What a change of the pool does, a sentence each. Throws a `HubError` (64) where it cannot be. */
export function foretellPool(name: string, nodes: readonly Node[], {direction, by}: PoolChange): string[] {
  for (const {pool} of nodes)
    if (pool !== null && fixedPools.includes(pool))
      throw new HubError('usage', 'fixed-pool', `the pool of ${name} is ${pool}: it cannot grow or shrink`, {
        suggestions: ['start the node with another --concurrency, or with -P prefork'],
      })
  const sizes = sizesOf(nodes)
  const sign = direction === 'grow' ? 1 : -1
  const least = Math.min(...sizes.map(size => size ?? Number.POSITIVE_INFINITY))
  if (direction === 'shrink' && least - by < 1)
    throw new HubError(
      'usage',
      'pool-too-small',
      `the pool of ${name} has ${plural(least, 'process', 'processes')}: one must be left`,
      {
        suggestions:
          least > 1 ? [`shrink by at most ${least - 1}`] : ['to stop the node: hub-mon workers shutdown'],
      },
    )
  const [size = null] = sizes
  const all = nodes.length > 1 ? `All ${nodes.length} nodes that answer as ${name}` : name
  return [
    size === null || nodes.length > 1
      ? `${all}: ${by} pool ${by === 1 ? 'process' : 'processes'} ${direction === 'grow' ? 'more' : 'fewer'}.`
      : `${all}: from ${size} to ${plural(size + sign * by, 'pool process', 'pool processes')}.`,
    ...(direction === 'shrink' ? ['Only processes that run no task are ended.'] : []),
    "It lasts until the node's next start: then --concurrency counts again.",
  ]
}

/** Whether pools are as large now as they were to become; one whose size was never told counts as changed while it is there. */
export function isChanged(
  before: readonly (number | null)[],
  after: readonly (number | null)[],
  {direction, by}: PoolChange,
): boolean {
  const step = direction === 'grow' ? by : -by
  return before.every((size, place) => place in after && (size === null || after[place] === size + step))
}

/** What Celery has against it, for people. */
export function poolRefusal(name: string, words: string): HubError {
  const busy = /busy/i.test(words)
  return new HubError('unavailable', 'node-refused', `${name} refused: ${clean(words)}`, {
    suggestions: busy
      ? ['every pool process runs a task: try again when one is done, or shrink by fewer']
      : ['its log has the reason: hub-mon logs'],
  })
}
