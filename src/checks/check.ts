import type {Evidence, Remedy, Severity} from '../report/finding.ts'
import type {CeleryQuestion} from '../snapshot/celery.ts'
import type {Role} from '../snapshot/docker.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {FactsOf, Snapshot} from '../snapshot/snapshot.ts'

export const categories = [
  'docker',
  'compose',
  'host',
  'stack',
  'redis',
  'celery',
  'tasks',
  'flower',
  'recorder',
  'security',
] as const
export type Category = (typeof categories)[number]

export type Outcome =
  | {status: 'pass' | 'skipped' | 'unknown'; message: string; evidence?: Evidence[]}
  | {
      status: 'fail'
      message: string
      /** Where it differs from the check's own. */
      severity?: Severity
      evidence?: Evidence[]
      affects?: string[]
      remedies?: Remedy[]
    }

/**
 * Another check whose failure explains a failure of this one, if it weighs as much. Narrowed, so that a stopped Flower is
 * not taken for the cause of a silent worker: to a cause that affects a service of a role, or every service that this one
 * affects (everything, where it names none).
 */
export type Cause = string | {check: string; of: Role | 'the-same'}

/** A row of data and one pure function. */
export type Check = {
  /** `category.name`; never renamed. */
  id: `${Category}.${string}`
  category: Category
  /** Positive: a list of passes documents the hub. */
  title: string
  /** Why it matters, one sentence. */
  why: string
  /** What it looks at, one sentence. */
  looksAt: string
  /** How to confirm and how to cure, for `explain`, with the bundled stack's names. */
  confirm: string[]
  cure: string[]
  /** Of a failure, unless the outcome says otherwise. */
  severity: Severity
  /** `pre` is asked by `--pre` alone, `running` never by it, `always` by both. */
  phase: 'pre' | 'running' | 'always'
  /** Without these the check is skipped. */
  needs: readonly SourceId[]
  /** Read when they can be; the check copes without. */
  reads?: readonly SourceId[]
  /** What Celery is asked beyond the usual, so that this can be judged. */
  asks?: Pick<CeleryQuestion, 'messages' | 'versions' | 'clocks' | 'scheduled' | 'secondLook'>
  /** The metric by whose bounds it judges: what it says cures that metric's alerts, too. */
  metric?: string
  /** This check answers for a source that cannot be read. */
  roots?: SourceId
  /** The nearest cause first. */
  follows?: readonly Cause[]
  /** False where it cannot apply: Docker checks on a target without a compose project. */
  appliesTo?: (snapshot: Snapshot) => boolean
  judge: (snapshot: Snapshot, facts: FactsOf) => Outcome
}

/** The page that `scripts/docs.mjs` makes of the check's entry; in the package, too. */
export function pageOf(checkId: string): string {
  return `docs/checks/${checkId}.md`
}

/** Lets `judge` see the facts of `needs` as present, and no others. */
export function defineCheck<const N extends readonly SourceId[]>(
  check: Omit<Check, 'judge' | 'needs'> & {
    needs: N
    judge: (snapshot: Snapshot, facts: Pick<FactsOf, N[number]>) => Outcome
  },
): Check {
  return check
}

/** Where there are containers of ours to look at. */
export const onCompose = (snapshot: Snapshot): boolean => snapshot.target.kind === 'compose'

export const pass = (message: string, evidence: Evidence[] = []): Outcome => ({
  status: 'pass',
  message,
  evidence,
})
export const skip = (message: string): Outcome => ({status: 'skipped', message})
export const cannotTell = (message: string): Outcome => ({status: 'unknown', message})
export const fail = (
  message: string,
  more: {severity?: Severity; evidence?: Evidence[]; affects?: string[]; remedies?: Remedy[]} = {},
): Outcome => ({status: 'fail', message, ...more})
