import type {Sample} from '../metrics/metric.ts'
import type {HistoryFacts} from '../snapshot/history.ts'
import type {ReadingError, SourceId} from '../snapshot/reading.ts'
import type {Target} from '../snapshot/snapshot.ts'
import type {Finding, FindingStatus} from './finding.ts'

export type Verdict = 'ok' | 'warning' | 'critical' | 'unknown'

export type Report = {
  verdict: Verdict
  /** Version of hub-mon that took the snapshot. */
  tool: string
  takenAt: string
  target: Target
  counts: Record<FindingStatus, number>
  /** Problems first, all causes before what follows from one, then the rest in the registry's order. */
  findings: Finding[]
  samples: Sample[]
  /** Of the window that was asked for; `null` where nobody recorded it, absent when none was asked for. */
  history?: HistoryFacts | null
  /** Of the latest stretch, where tasks are told from it and no window was asked for. */
  latest?: HistoryFacts
  /** Sources that could not be read, or only in part. */
  unread: ({source: SourceId; partial: boolean} & ReadingError)[]
  /** The one command to type next; `null` when nothing needs doing. */
  next: string[] | null
}

/** Any critical, else any unknown, else any warning: a monitor that cannot see must not look mild. */
export function verdictOf(counts: Record<FindingStatus, number>): Verdict {
  if (counts.critical > 0) return 'critical'
  if (counts.unknown > 0) return 'unknown'
  return counts.warning > 0 ? 'warning' : 'ok'
}
