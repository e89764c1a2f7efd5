import type {ConnectedReach} from '../../redis/reach.ts'
import {type CeleryNames, listsOf, prioritySteps} from '../names.ts'
import {unlessForbidden} from './queues.ts'

/** Celery's priorities. */
const priorities = Array.from({length: 10}, (_, priority) => priority)

/**
 * `priority_steps` as far as the lists of these queues show them, where no node can be asked. A list that is empty does not
 * exist: of steps that nothing waits in nothing shows, so that kombu's usual ones are always among them.
 */
export async function usedSteps(
  client: ConnectedReach['connection']['client'],
  names: CeleryNames,
  queues: readonly string[],
): Promise<readonly number[]> {
  const unusual = priorities.filter(step => !prioritySteps.includes(step))
  if (queues.length === 0) return prioritySteps
  const lists = await Promise.all(
    unusual.map(step =>
      unlessForbidden(
        client.exists(...queues.flatMap(queue => listsOf(names, queue, [step]).map(([, key]) => key))),
      ),
    ),
  )
  const used = unusual.filter((_, place) => (lists[place] ?? 0) > 0)
  return [...prioritySteps, ...used].sort((one, other) => one - other)
}
