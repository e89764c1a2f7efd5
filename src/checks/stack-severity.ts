import type {Severity} from '../report/finding.ts'
import type {Role} from '../snapshot/docker.ts'

/** Redis and workers are the hub; Flower watches it, and other services are their owner's. */
export function severityOf(role: Role | null): Severity {
  return role === 'redis' || role === 'worker' ? 'critical' : 'warning'
}

export function worst(severities: readonly Severity[]): Severity {
  return (['critical', 'warning', 'notice'] as const).find(one => severities.includes(one)) ?? 'notice'
}
