import type {Sample} from '../metrics/metric.ts'
import type {Report, Verdict} from './report.ts'

/**
 * Of figures alone: a missed target is a warning. Where nothing could be measured, or the broker could not be read, from
 * which nodes and queues are told, nobody can tell, whatever the other figures say.
 */
export function statsVerdict(samples: readonly Sample[], unread: Report['unread']): Verdict {
  if (samples.some(({level}) => level === 'critical')) return 'critical'
  if (samples.every(({level}) => level === 'not-measured') || isBrokerUnread(unread)) return 'unknown'
  return samples.some(({level, targetMet}) => level === 'warning' || targetMet === false) ? 'warning' : 'ok'
}

export function isBrokerUnread(unread: Report['unread']): boolean {
  return unread.some(({source, partial}) => !partial && (source === 'redis' || source === 'celery'))
}
