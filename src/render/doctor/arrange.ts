import {type Finding, isProblem, type Remedy} from '../../report/finding.ts'

/** A cause, and the problems and notices that only follow from it. */
export type Problem = {finding: Finding; consequences: Finding[]}

/** Findings as a reader wants them: what is wrong first, what is only there for the record last. */
export type Arrangement = {
  problems: Problem[]
  notices: Finding[]
  passes: Finding[]
  skipped: Finding[]
}

export function arrange(findings: readonly Finding[]): Arrangement {
  const causes = new Set(findings.filter(({status}) => isProblem(status)).map(({check}) => check))
  const isAdvice = ({status, becauseOf}: Finding) =>
    status === 'notice' && (becauseOf === undefined || !causes.has(becauseOf))
  const wrong = findings.filter(
    finding => isProblem(finding.status) || (finding.status === 'notice' && !isAdvice(finding)),
  )
  const byCheck = new Map(wrong.map(finding => [finding.check, finding]))
  const problems = new Map<string, Problem>()
  for (const finding of wrong)
    if (rootOf(finding, byCheck) === finding) problems.set(finding.check, {finding, consequences: []})
  for (const finding of wrong) {
    const root = rootOf(finding, byCheck)
    if (root !== finding) problems.get(root.check)?.consequences.push(finding)
  }
  return {
    problems: [...problems.values()],
    notices: findings.filter(isAdvice),
    passes: findings.filter(finding => finding.status === 'pass'),
    skipped: findings.filter(finding => finding.status === 'skipped'),
  }
}

/** The cause of the causes that is shown itself; a finding whose cause is not shown stands for itself. */
function rootOf(finding: Finding, byCheck: ReadonlyMap<string, Finding>): Finding {
  const seen = new Set<Finding>()
  let root = finding
  while (!seen.has(root)) {
    seen.add(root)
    const cause = root.becauseOf === undefined ? undefined : byCheck.get(root.becauseOf)
    if (cause === undefined) return root
    root = cause
  }
  // Checks that name each other as the cause: none of them may be lost.
  return finding
}

/** In the order of the report, each category once. */
export function byCategory(findings: readonly Finding[]): [category: string, findings: Finding[]][] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const group = groups.get(finding.category)
    if (group === undefined) groups.set(finding.category, [finding])
    else group.push(finding)
  }
  return [...groups]
}

/** What mends comes before what only looks closer; else in the check's order. */
export function curesFirst(remedies: readonly Remedy[]): Remedy[] {
  const place = ({kind}: Remedy) => (kind === 'cure' ? 0 : 1)
  return [...remedies].sort((a, b) => place(a) - place(b))
}
