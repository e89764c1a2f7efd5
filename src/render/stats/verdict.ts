import type {Sample} from '../../metrics/metric.ts'
import type {Verdict} from '../../report/report.ts'

/** Of figures alone: a missed target is a warning, and where nothing at all could be measured nobody can tell. */
export function statsVerdict(samples: readonly Sample[]): Verdict {
  if (samples.some(({level}) => level === 'critical')) return 'critical'
  if (samples.every(({level}) => level === 'not-measured')) return 'unknown'
  return samples.some(({level, targetMet}) => level === 'warning' || targetMet === false) ? 'warning' : 'ok'
}
