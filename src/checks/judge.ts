import type {Finding, FindingStatus} from '../report/finding.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import type {FactsOf, Snapshot} from '../snapshot/snapshot.ts'
import type {Check, Outcome} from './check.ts'
import {skip} from './check.ts'

/** Judges each check on the snapshot; marks those that only follow from another. In the order given. */
export function judgeAll(checks: readonly Check[], snapshot: Snapshot): Finding[] {
  const findings = checks.map(check => judge(check, snapshot))
  const critical = new Set(
    findings.filter(finding => finding.status === 'critical').map(finding => finding.check),
  )
  return findings.map((finding, index) => {
    const cause = checks[index]?.follows?.find(id => critical.has(id))
    return cause !== undefined && isProblem(finding.status) ? {...finding, becauseOf: cause} : finding
  })
}

export function isProblem(status: FindingStatus): boolean {
  return status === 'critical' || status === 'unknown' || status === 'warning'
}

function judge(check: Check, snapshot: Snapshot): Finding {
  let outcome: Outcome
  try {
    outcome = blocked(check, snapshot) ?? check.judge(snapshot, factsOf(snapshot))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    outcome = {status: 'unknown', message: `the check itself failed: ${reason}; please report it`}
  }
  return toFinding(check, outcome)
}

/** A reason not to judge at all, or `null`. */
function blocked(check: Check, snapshot: Snapshot): Outcome | null {
  if (check.appliesTo !== undefined && !check.appliesTo(snapshot))
    return skip('does not apply to this target')
  for (const need of check.needs) {
    const reading = snapshot.sources[need]
    if (reading === undefined) return skip(`${need} was not asked`)
    if (reading.status === 'unavailable') return skip(`${need} could not be read: ${reading.error.message}`)
  }
  const root = check.roots === undefined ? undefined : snapshot.sources[check.roots]
  if (check.roots !== undefined && root === undefined) return skip(`${check.roots} was not asked`)
  if (root?.status === 'unavailable' && root.error.because !== undefined)
    return skip(`follows from ${root.error.because}: ${root.error.message}`)
  return null
}

/** Only what could be read; `blocked` has made sure that what a check needs is there. */
function factsOf(snapshot: Snapshot): FactsOf {
  const entries = Object.keys(snapshot.sources).map(id => [
    id,
    factsFrom(snapshot.sources[id as SourceId] as never),
  ])
  return Object.fromEntries(entries) as FactsOf
}

function toFinding(check: Check, outcome: Outcome): Finding {
  const failed = outcome.status === 'fail'
  return {
    check: check.id,
    category: check.category,
    title: check.title,
    status: failed ? (outcome.severity ?? check.severity) : (outcome.status as FindingStatus),
    message: outcome.message,
    evidence: outcome.evidence ?? [],
    affects: failed ? (outcome.affects ?? []) : [],
    remedies: failed ? (outcome.remedies ?? []) : [],
    docs: `docs/checks.md#${check.id.replaceAll('.', '')}`,
  }
}
