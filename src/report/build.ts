import type {Sample} from '../metrics/metric.ts'
import {historyInForce} from '../metrics/window-figures.ts'
import {factsFrom, type Reading, type SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {type Finding, type FindingStatus, isProblem} from './finding.ts'
import {type Report, verdictOf} from './report.ts'

const rank: Record<FindingStatus, number> = {
  critical: 0,
  unknown: 1,
  warning: 2,
  notice: 3,
  pass: 4,
  skipped: 5,
}

/** Findings come in the registry's order and leave with problems first, all causes before what follows from one. */
export function buildReport(
  snapshot: Snapshot,
  findings: readonly Finding[],
  samples: readonly Sample[],
): Report {
  const counts = countStatuses(findings)
  const ordered = order(findings)
  return {
    verdict: verdictOf(counts),
    tool: snapshot.tool,
    takenAt: snapshot.takenAt,
    target: snapshot.target,
    counts,
    findings: ordered,
    samples: [...samples],
    ...historyOf(snapshot),
    unread: unreadOf(snapshot),
    next: nextCommand(ordered[0]),
  }
}

function historyOf(snapshot: Snapshot): Pick<Report, 'history' | 'latest'> {
  if (snapshot.window !== undefined) return {history: factsFrom(snapshot.sources.history) ?? null}
  const latest = historyInForce(snapshot)
  return latest === undefined ? {} : {latest}
}

/** The cure, unless it begins with a decision that no command can take: then what shows more. */
function nextCommand(first: Finding | undefined): string[] | null {
  if (first === undefined || !isProblem(first.status)) return null
  const cure = first.remedies.find(({kind}) => kind === 'cure')
  const confirm = first.remedies.find(({kind, command}) => kind === 'confirm' && command !== undefined)
  return cure?.command ?? confirm?.command ?? null
}

function countStatuses(findings: readonly Finding[]): Record<FindingStatus, number> {
  const counts: Record<FindingStatus, number> = {
    critical: 0,
    unknown: 0,
    warning: 0,
    notice: 0,
    skipped: 0,
    pass: 0,
  }
  for (const finding of findings) counts[finding.status] += 1
  return counts
}

/**
 * Every cause first, the worst before the milder, then the problems that only follow from one, and then the rest. Stable: within a
 * place the registry's order stands.
 */
function order(findings: readonly Finding[]): Finding[] {
  const place = ({status, becauseOf}: Finding) => {
    if (isProblem(status)) return (becauseOf === undefined ? 0 : 10) + rank[status]
    return 20 + rank[status] * 2 + (becauseOf !== undefined && status !== 'skipped' ? 1 : 0)
  }
  return [...findings].sort((a, b) => place(a) - place(b))
}

/** Sources that could not be read, or only in part, and why. */
export function unreadOf(snapshot: Snapshot): Report['unread'] {
  return Object.entries(snapshot.sources).flatMap(([source, reading]) =>
    reading.status === 'fresh' || isNobodysHistory(snapshot, source, reading)
      ? []
      : [{source: source as SourceId, partial: reading.status === 'partial', ...reading.error}],
  )
}

/** A hub without a recorder lacks nothing that anybody asked for; its own check says it. */
function isNobodysHistory({window}: Snapshot, source: string, reading: Reading<unknown>): boolean {
  return (
    source === 'history' &&
    window === undefined &&
    reading.status === 'unavailable' &&
    (reading.error.code === 'no-history' || reading.error.code === 'exec-only')
  )
}
