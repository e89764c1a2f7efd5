import type {AlertRow, AlertSeverity, Labels} from '../../alerts/rows.ts'
import {checks} from '../../checks/registry.ts'
import type {Metric} from '../../metrics/metric.ts'
import {metrics} from '../../metrics/registry.ts'
import type {Unit} from '../../report/finding.ts'
import {bound} from '../text/number.ts'
import {commandLine} from '../text/shell.ts'
import {expressionOf, promDuration} from './expression.ts'
import type {RuleSource} from './source.ts'

/** An alerting rule of Prometheus. */
export type Rule = {
  alert: string
  expr: string
  for: string
  labels: {severity: AlertSeverity} & Labels
  annotations: {summary: string; description: string; command: string}
  /** What a reader of the file should know. */
  comment: string | null
}

/** The rules of a source, and the rows that it cannot tell. */
export type Rules = {rules: Rule[]; leftOut: string[]}

/** A rule a row, in their order. `flags` lead the commands to type to the same hub. */
export function rulesFor(rows: readonly AlertRow[], source: RuleSource, flags: readonly string[]): Rules {
  const all: Rules = {rules: [], leftOut: []}
  for (const row of rows) {
    const metric = metrics.find(({id}) => id === row.metric)
    const expr = metric === undefined ? null : expressionOf(row, metric, source)
    if (metric === undefined || expr === null) all.leftOut.push(row.id)
    else all.rules.push(ruleOf(row, metric, {expr, caveat: source.caveat(metric), flags}))
  }
  if (source.unseen !== null) all.rules.push(unseenRule(source.unseen, flags))
  return all
}

function ruleOf(
  row: AlertRow,
  metric: Metric,
  {expr, caveat, flags}: {expr: string; caveat: string | null; flags: readonly string[]},
): Rule {
  const check = checks.find(one => 'metric' in one && one.metric === metric.id)
  const told = `${metric.title}${subject(metric, row)}: {{ $value | ${humanized(metric.unit)} }}, bound ${bound(row.bound, metric.unit)}`
  return {
    alert: row.name,
    expr,
    for: promDuration(row.forSeconds),
    // Also those of the series: rules that differ by nothing else are taken for the same by mistake.
    labels: {severity: row.severity, ...literal(row.labels)},
    annotations: {
      summary: metric.alarm ?? told,
      description: [
        ...(metric.alarm === undefined ? [] : [`${told}.`]),
        metric.help,
        ...(row.windowSeconds === null ? [] : [`Of the last ${promDuration(row.windowSeconds)}.`]),
        ...(row.leastSamples > 1 ? [`Judged over ${row.leastSamples} tasks or more.`] : []),
      ].join(' '),
      command: commandLine([
        'hub-mon',
        'doctor',
        ...(check === undefined ? [] : ['--only', check.id]),
        ...flags,
      ]),
    },
    comment: caveat,
  }
}

/** Who sees nothing raises no alert: that is one, too. */
function unseenRule(expr: string, flags: readonly string[]): Rule {
  return {
    alert: 'HubUnseen',
    expr,
    for: '5m',
    labels: {severity: 'warning'},
    annotations: {
      summary:
        'The hub is not watched: {{ with $labels.source }}{{ . }} cannot be read{{ else }}hub-mon metrics is not scraped{{ end }}',
      description:
        'The other alerts cannot fire while what they are judged by is not seen. History is what hub-mon record writes.',
      command: commandLine(['hub-mon', 'doctor', ...flags]),
    },
    comment: null,
  }
}

/** ` of emails`, as far as the series says. */
function subject({per}: Metric, {windowSeconds}: AlertRow): string {
  const [label] = per
  if (label === undefined) return ''
  const otherwise = windowSeconds === null ? '' : '{{ else }} of all tasks'
  return `{{ with $labels.${label} }} of {{ . }}${otherwise}{{ end }}`
}

/** Prometheus takes values of labels for templates. */
function literal(labels: Labels): Labels {
  const entries = Object.entries(labels).map(([label, value]) => [
    label,
    value.includes('{{') ? `{{ ${JSON.stringify(value)} }}` : value,
  ])
  return Object.fromEntries(entries)
}

function humanized(unit: Unit): string {
  if (unit === 'ratio') return 'humanizePercentage'
  if (unit === 'seconds') return 'humanizeDuration'
  return unit === 'bytes' ? 'humanize1024' : 'humanize'
}
