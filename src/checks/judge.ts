import {type Finding, type FindingStatus, isProblem} from '../report/finding.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import type {FactsOf, Snapshot} from '../snapshot/snapshot.ts'
import {type Cause, type Check, type Outcome, pageOf, skip} from './check.ts'
import {servicesOf} from './names.ts'

/** Judges each check on the snapshot; marks those that only follow from another. In the order given. */
export function judgeAll(checks: readonly Check[], snapshot: Snapshot): Finding[] {
  const findings = checks.map(check => judge(check, snapshot))
  const byCheck = new Map(findings.map(finding => [finding.check, finding]))
  return findings.map((finding, index) => {
    if (!isProblem(finding.status) && finding.status !== 'notice') return finding
    const cause = checks[index]?.follows?.find(candidate =>
      explains(candidate, byCheck.get(nameOf(candidate)), finding, snapshot),
    )
    return cause === undefined ? finding : {...finding, becauseOf: nameOf(cause)}
  })
}

function nameOf(cause: Cause): string {
  return typeof cause === 'string' ? cause : cause.check
}

/** A warning explains no critical finding: that would hide the worse behind the milder. */
function explains(cause: Cause, found: Finding | undefined, effect: Finding, snapshot: Snapshot): boolean {
  if (found === undefined || (found.status !== 'critical' && found.status !== 'warning')) return false
  if (found.status === 'warning' && effect.status !== 'warning' && effect.status !== 'notice') return false
  if (typeof cause === 'string') return true
  if (cause.of === 'the-same') return effect.affects.every(thing => found.affects.includes(thing))
  return servicesOf(snapshot, cause.of).some(service => found.affects.includes(service))
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
  return check.roots === undefined ? null : blockedRoot(check.roots, snapshot)
}

/** Another source's root answers already, but only if that source could really not be read. */
function blockedRoot(source: SourceId, snapshot: Snapshot): Outcome | null {
  const reading = snapshot.sources[source]
  if (reading === undefined) return skip(`${source} was not asked`)
  if (reading.status !== 'unavailable') return null
  const {because, message} = reading.error
  if (because === undefined || snapshot.sources[because]?.status !== 'unavailable') return null
  return skip(`follows from ${because}: ${message}`)
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
    docs: pageOf(check.id),
  }
}
