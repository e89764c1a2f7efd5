import {judgeAll} from '../checks/judge.ts'
import {boundInWords} from '../checks/judge-samples.ts'
import {hubMon} from '../checks/names.ts'
import {checks as registry} from '../checks/registry.ts'
import {metrics} from '../metrics/registry.ts'
import {count, quantity} from '../render/text/number.ts'
import {confirmBy, type Evidence, type Finding, isProblem, type Remedy, type Unit} from '../report/finding.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {type Judged, type Look, seenBy} from './judge.ts'
import type {AlertRow} from './rows.ts'

/** What an operator is told of an alert: what was seen, and what to type. Plain JSON. */
export type Described = {
  value: number | null
  unit: Unit
  /** How many tasks it rests on; `null` where that means nothing. */
  samples: number | null
  /** One sentence: `Queue depth of emails: 153, above 10`. */
  summary: string
  /** Of an alert of the whole hub what its check says, else what is noted of the figure; may be empty. */
  description: string
  evidence: Evidence[]
  remedies: Remedy[]
  /** Where in the documentation. */
  docs: string
  /** `null` where no check judges by this metric. */
  check: string | null
}

/** Checks that judge by the metric of an alert: their cures are the alert's. */
export const curingChecks = registry.filter(({metric, phase}) => metric !== undefined && phase !== 'pre')

/** Describes alerts of one look; the checks are judged once, and only if there is something to describe. */
export function describer(look: Look): (judged: Judged) => Described {
  const findings = new Map<Snapshot, Finding[]>()
  return judged => {
    const snapshot = seenBy(judged.row, look)
    const found = findings.get(snapshot) ?? judgeAll(curingChecks, snapshot)
    findings.set(snapshot, found)
    const check = curingChecks.find(({metric}) => metric === judged.row.metric)
    const finding = found.find(candidate => candidate.check === check?.id)
    const problem = finding !== undefined && (isProblem(finding.status) || finding.status === 'notice')
    const {value, unit, samples} = judged
    return {
      ...{value, unit, samples},
      summary: summaryOf(judged),
      // A check speaks of all things at once: of one, its own words are enough.
      description: problem && isOfHub(judged.row) ? finding.message : (judged.note ?? ''),
      evidence: problem ? withOwn(finding, judged) : [ownEvidence(judged)],
      remedies:
        problem && finding.remedies.length > 0
          ? finding.remedies
          : [confirmBy('the whole picture', ...hubMon(snapshot, 'doctor'))],
      docs: finding?.docs ?? 'docs/alerts.md',
      check: check?.id ?? null,
    }
  }
}

function summaryOf({row, value, unit, samples}: Judged): string {
  const alarm = alarmOf(row)
  if (alarm !== undefined) return alarm
  const of = value === null ? 'not known' : quantity(value, unit)
  const basis = unit === 'ratio' && samples !== null ? ` of ${count(samples)}` : ''
  return `${row.title}${subjectOf(row)}: ${of}${basis}, ${boundInWords(row.bound, unit)}`
}

/** ` of emails`, ` of all tasks`; nothing for a figure of the whole hub. */
function subjectOf({labels, metric}: AlertRow): string {
  const [name] = Object.values(labels)
  if (name !== undefined) return ` of ${name}`
  const per = metrics.find(({id}) => id === metric)?.per ?? []
  return per.includes('task') ? ' of all tasks' : ''
}

function ownEvidence({row, value, unit}: Judged): Evidence {
  const [name] = Object.values(row.labels)
  return {label: name ?? row.title.toLowerCase(), value, unit, bound: boundInWords(row.bound, unit)}
}

function isOfHub({labels}: AlertRow): boolean {
  return Object.keys(labels).length === 0
}

/** The alert's own figure first, then what the check saw beside those of all things that it names. */
function withOwn({evidence, affects}: Finding, judged: Judged): Evidence[] {
  const own = ownEvidence(judged)
  const others = evidence.filter(({label, bound}) => !affects.includes(label) && bound !== own.bound)
  // `Redis answers: 0` says less than why.
  const isSaid = alarmOf(judged.row) !== undefined && others.length > 0
  return [...(isSaid ? [] : [own]), ...others]
}

/** What an alert says where title and value would not. */
function alarmOf({metric}: AlertRow): string | undefined {
  return metrics.find(({id}) => id === metric)?.alarm
}
