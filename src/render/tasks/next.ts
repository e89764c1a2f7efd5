import {type TaskAccount, unendable} from '../../report/task-account.ts'
import type {Container} from '../../snapshot/docker.ts'
import type {Target} from '../../snapshot/snapshot.ts'

/** What to type next about a task, the most useful first. */
export function nextFor(
  {id, state, node, queue, contradictions, pool, revoked}: TaskAccount,
  target: Target,
  containers: readonly Container[],
): string[][] {
  const ours = (...words: string[]) => ['hub-mon', ...words, ...target.flags]
  const host = node === null ? null : node.slice(node.indexOf('@') + 1)
  const container = containers.find(({role, hostname}) => role === 'worker' && hostname === host)
  const logs = container === undefined ? [] : [ours('logs', container.service)]
  const revoke = revoked === true ? [] : [ours('tasks', 'revoke', id)]
  switch (state) {
    case 'running':
      return [...(unendable.has(pool ?? '') ? [] : [ours('tasks', 'revoke', id, '--terminate')]), ...logs]
    case 'waiting':
      return [...revoke, ...(queue === null ? [] : [ours('queues')])]
    case 'reserved':
    case 'scheduled':
      return [...revoke, ...logs]
    case 'delivered':
    case 'unknown':
      return [ours('doctor')]
    case 'failed':
      return logs
    default:
      return contradictions.length > 0 ? [ours('doctor')] : []
  }
}
