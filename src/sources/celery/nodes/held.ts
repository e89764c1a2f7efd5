import type {Holders} from '../queues/unacked.ts'
import type {ProbeResult} from './probe.ts'

/**
 * Which node holds or runs a task: all ids that the nodes tell, not only those that go into a snapshot. Complete when every
 * node that is connected has told what it runs, has reserved and holds for an ETA, so that what was delivered before they
 * were asked and stands in no list has no owner. Not complete where a task has a rate limit: what waits for its rate is told
 * nowhere. Nodes whose remote control is off are not connected to it; what they hold is not seen.
 */
export function heldBy({replies, subscribers}: Pick<ProbeResult, 'replies' | 'subscribers'>): Holders {
  const nodes = new Map<string, string>()
  let rateLimited = false
  for (const name of replies.names)
    for (let nth = 0; nth < replies.count(name); nth += 1) {
      for (const method of ['active', 'reserved', 'scheduled'] as const)
        for (const {id} of replies.answer(method, name, nth) ?? []) nodes.set(id, name)
      rateLimited ||= replies.answer('registered', name, nth)?.rateLimited ?? false
    }
  const toldByAll = (['active', 'reserved', 'scheduled', 'registered'] as const).every(
    method => replies.told(method) >= subscribers,
  )
  return {nodes, complete: toldByAll && !rateLimited}
}
