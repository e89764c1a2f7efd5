import {type Finding, type FindingStatus, isProblem} from '../report/finding.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import type {FactsOf, Snapshot} from '../snapshot/snapshot.ts'
import {type Cause, type Check, type Outcome, pageOf, skip} from './check.ts'
import {allServices, servicesOf} from './names.ts'

/** Judges each check on the snapshot; marks those that only follow from another. In the order given. */
export function judgeAll(checks: readonly Check[], snapshot: Snapshot): Finding[] {
  const findings = checks.map(check => judge(check, snapshot))
  const causes = causesOf(checks, findings, snapshot)
  return findings.map(finding => {
    const becauseOf = causes.get(finding.check)
    return becauseOf === undefined ? finding : {...finding, becauseOf}
  })
}

/**
 * The nearest cause of each finding that has one, by check. No chain of causes leads back to where it began: of two checks
 * that name each other, the one that stands first in the registry is the cause, because the others stand on it.
 */
function causesOf(
  checks: readonly Check[],
  findings: readonly Finding[],
  snapshot: Snapshot,
): ReadonlyMap<string, string> {
  const byCheck = new Map(findings.map(finding => [finding.check, finding]))
  const causes = new Map<string, string>()
  const leadsTo = (cause: string, effect: string) => {
    for (let at: string | undefined = cause; at !== undefined; at = causes.get(at))
      if (at === effect) return true
    return false
  }
  for (const [place, check] of [...checks.entries()].reverse()) {
    const finding = findings[place]
    if (finding === undefined || finding.status === 'pass') continue
    const cause =
      finding.status === 'skipped'
        ? unreadCause(check, checks, byCheck, snapshot)
        : check.follows
            ?.filter(candidate => explains(candidate, byCheck.get(nameOf(candidate)), finding, snapshot))
            .map(nameOf)
            .find(candidate => !leadsTo(candidate, check.id))
    if (cause !== undefined) causes.set(check.id, cause)
  }
  return causes
}

function nameOf(cause: Cause): string {
  return typeof cause === 'string' ? cause : cause.check
}

/** A warning explains no critical finding: that would hide the worse behind the milder. */
function explains(cause: Cause, found: Finding | undefined, effect: Finding, snapshot: Snapshot): boolean {
  if (found === undefined || (found.status !== 'critical' && found.status !== 'warning')) return false
  if (found.status === 'warning' && effect.status !== 'warning' && effect.status !== 'notice') return false
  if (typeof cause === 'string') return true
  if (cause.of === 'the-same') return affectsAll(found, effect, snapshot)
  return servicesOf(snapshot, cause.of).some(service => found.affects.includes(service))
}

/** Of services, where the effect names any: what it names beside them (its nodes, its queues) is known to few checks. */
function affectsAll(found: Finding, {affects}: Finding, snapshot: Snapshot): boolean {
  const known = allServices(snapshot)
  const services = affects.filter(thing => known.has(thing))
  const compared = services.length === 0 ? affects : services
  return compared.length > 0 && compared.every(thing => found.affects.includes(thing))
}

/** The check that answers for the source for want of which this one was skipped; `undefined` where none failed. */
function unreadCause(
  {id, needs, roots, appliesTo}: Check,
  checks: readonly Check[],
  byCheck: ReadonlyMap<string, Finding>,
  snapshot: Snapshot,
): string | undefined {
  if (appliesTo?.(snapshot) === false) return undefined
  const {sources} = snapshot
  const unread = [...needs, ...(roots === undefined ? [] : [roots])].find(
    source => sources[source]?.status === 'unavailable',
  )
  if (unread === undefined) return undefined
  const reading = sources[unread]
  const because = reading?.status === 'unavailable' ? reading.error.because : undefined
  const atFault = because !== undefined && sources[because]?.status === 'unavailable' ? because : unread
  return checks.find(
    check => check.id !== id && check.roots === atFault && isProblem(byCheck.get(check.id)?.status ?? 'pass'),
  )?.id
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
