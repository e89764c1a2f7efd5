import type {TaskAccount} from '../../report/task-account.ts'
import type {Container} from '../../snapshot/docker.ts'
import type {Target} from '../../snapshot/snapshot.ts'

/** What to type next about a task, the most useful first. */
export function nextFor(
  {id, state, node, queue, contradictions}: TaskAccount,
  target: Target,
  containers: readonly Container[],
): string[][] {
  const ours = (...words: string[]) => ['hub-mon', ...words, ...target.flags]
  const host = node === null ? null : node.slice(node.indexOf('@') + 1)
  const container = containers.find(({role, hostname}) => role === 'worker' && hostname === host)
  const logs = container === undefined ? [] : [ours('logs', container.service)]
  switch (state) {
    case 'running':
      return [ours('tasks', 'revoke', id, '--terminate'), ...logs]
    case 'waiting':
      return [ours('tasks', 'revoke', id), ...(queue === null ? [] : [ours('queues')])]
    case 'reserved':
    case 'scheduled':
      return [ours('tasks', 'revoke', id), ...logs]
    case 'delivered':
    case 'unknown':
      return [ours('doctor')]
    case 'failed':
      return logs
    default:
      return contradictions.length > 0 ? [ours('doctor')] : []
  }
}
