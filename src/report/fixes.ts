import {type Finding, type Fix, isProblem, type Remedy} from './finding.ts'
import type {Report} from './report.ts'

/** A remedy that can be carried out by hub-mon itself. */
export type Fixable = Remedy & {fix: Fix; command: string[]}

export type FixOutcome =
  /** The check is well since. */
  | 'helped'
  /** It came by itself; nothing was done. */
  | 'not-needed'
  | 'did-not-help'
  /** It could not be carried out. */
  | 'failed'
  /** It can lose work, and that was not allowed. */
  | 'refused'
  /** The answer was no. */
  | 'declined'
  /** Only described (`--dry-run`). */
  | 'planned'

/** What `doctor --fix` did about a problem. */
export type Fixed = {
  check: string
  remedy: Fixable
  outcome: FixOutcome
  /** What it can lose, as far as that is known: tasks that run or messages; `null` when it cannot be told. 0 is nothing. */
  atRisk: number | null
  /** What there is to say of the outcome, for people; `null` when that is all. */
  message: string | null
}

/**
 * The first remedy of the first problem that has one, and was not tried yet; `null` when there is none. What only follows
 * from another problem is left to that one's cure.
 */
export function nextFix(
  {findings}: Pick<Report, 'findings'>,
  tried: readonly Fix[],
): {finding: Finding; remedy: Fixable} | null {
  const done = new Set(tried.map(nameOf))
  for (const finding of findings) {
    if (!isProblem(finding.status) || finding.becauseOf !== undefined) continue
    const remedy = fixablesOf(finding).find(({fix}) => !done.has(nameOf(fix)))
    if (remedy !== undefined) return {finding, remedy}
  }
  return null
}

/** Whether the check asks for other fixes and for this one no more: it has helped, and what is left is theirs. */
export function asksForOthers(finding: Finding | undefined, fix: Fix): boolean {
  const asked = finding === undefined || !isProblem(finding.status) ? [] : fixablesOf(finding)
  return asked.length > 0 && asked.every(other => nameOf(other.fix) !== nameOf(fix))
}

function fixablesOf({remedies}: Finding): Fixable[] {
  return remedies.flatMap(remedy => {
    const {fix, command} = remedy
    return fix === undefined || command === undefined ? [] : [{...remedy, fix, command}]
  })
}

/** What it does and to what; how long it is waited for before does not make it another one. */
function nameOf(fix: Fix): string {
  return JSON.stringify(fix.does === 'restart' ? {does: fix.does, service: fix.service} : fix)
}
