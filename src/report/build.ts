import type {Sample} from '../metrics/metric.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
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
    ...(snapshot.sources.history === undefined ? {} : {history: factsFrom(snapshot.sources.history) ?? null}),
    unread: unreadSources(snapshot),
    next: nextCommand(ordered[0]),
  }
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

function unreadSources(snapshot: Snapshot): Report['unread'] {
  return Object.entries(snapshot.sources).flatMap(([source, reading]) =>
    reading.status === 'fresh'
      ? []
      : [{source: source as SourceId, partial: reading.status === 'partial', ...reading.error}],
  )
}
