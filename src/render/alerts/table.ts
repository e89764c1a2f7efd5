import type {AlertNow, AlertsNow} from '../../alerts/now.ts'
import type {Finding, Remedy} from '../../report/finding.ts'
import {findingLines, type Ink} from '../doctor/table.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, plural} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {okMark, statusMark, symbolsFor} from '../text/symbols.ts'
import {moment, targetLine} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'

/** For people: what fires, since when and what to type; what is about to; what could not be judged. */
export function renderAlerts(found: AlertsNow, view: View): string {
  const ink: Ink = {
    view,
    palette: paletteFor(view),
    symbols: symbolsFor(view),
    columns: view.fit ? view.columns : Number.POSITIVE_INFINITY,
  }
  const quiet = view.verbosity === 'quiet'
  if (quiet && found.verdict === 'ok') return ''
  const firing = found.alerts.filter(({state}) => state === 'firing')
  const pending = found.alerts.filter(({state}) => state === 'pending')
  const faint = (lines: readonly string[]) =>
    lines.flatMap(line => wrap(line, ink.columns)).map(ink.palette.faint)
  const blocks = [
    ...(quiet ? [] : [faint([targetLine(found, view), followerLine(found)])]),
    ...firing.map(alert => findingLines(asFinding(alert, found), ink)),
    ...(quiet
      ? []
      : [
          pending.flatMap(alert => wrap(pendingLine(alert, found), ink.columns)),
          faint(unjudgedLines(found)),
        ]),
    [verdictLine(found, firing, pending.length, ink)],
  ]
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`
}

function followerLine({follower, windows}: AlertsNow): string {
  const whose =
    follower === null
      ? 'nobody follows (hub-mon alerts --follow): all that is beyond its bound fires, for however long'
      : `followed every ${duration(follower.everySeconds)}`
  return windows
    ? whose
    : `${whose}; nobody records (hub-mon record): tasks are counted since Flower's start, or as results are kept`
}

/** As doctor has its findings: the same eyes read both. */
function asFinding(alert: AlertNow, {takenAt}: AlertsNow): Finding {
  const {name, severity, title, summary, description, evidence, remedies, docs} = alert
  const told = description === '' || description === summary ? '' : `; ${description}`
  return {
    ...{check: name, category: 'alerts', title, status: severity, docs, affects: Object.values(alert.labels)},
    message: `${summary}${sinceWords(alert, takenAt)}${told}`,
    evidence: evidence.map(({label, value, unit, bound}) => ({
      ...{label, value},
      ...(unit === null ? {} : {unit}),
      ...(bound === null ? {} : {bound}),
    })),
    remedies: remedies.map(
      ({text, kind, command}): Remedy => ({text, kind, ...(command === null ? {} : {command})}),
    ),
  }
}

function sinceWords({since, backSince}: AlertNow, takenAt: string): string {
  const back = backSince === null ? '' : `, back inside for ${agoOf(backSince, takenAt)}`
  return since === null ? back : `, since ${moment(since)} (${agoOf(since, takenAt)})${back}`
}

function pendingLine({name, severity, summary, since, forSeconds}: AlertNow, {takenAt}: AlertsNow): string {
  const begun = since === null ? 'only now' : `for ${agoOf(since, takenAt)}`
  return clean(`pending   ${name}: ${summary}; ${begun}, fires as ${severity} after ${duration(forSeconds)}`)
}

function unjudgedLines({unjudged}: AlertsNow): string[] {
  const reasons = [...new Set(unjudged.map(({why}) => why))]
  return reasons.map(reason => {
    const metrics = new Set(unjudged.filter(({why}) => why === reason).map(({row}) => row.metric))
    return clean(`not judged: ${[...metrics].join(', ')}: ${reason}`)
  })
}

function verdictLine(
  {verdict, rows}: AlertsNow,
  firing: readonly AlertNow[],
  pending: number,
  {symbols, palette}: Ink,
): string {
  const mark = verdict === 'ok' ? okMark('pass', symbols, palette) : statusMark(verdict, symbols, palette)
  const many = (severity: AlertNow['severity']) => firing.filter(alert => alert.severity === severity).length
  const critical = many('critical')
  const warning = many('warning')
  const parts = [
    ...(critical > 0 ? [`${count(critical)} critical`] : []),
    ...(warning > 0 ? [plural(warning, 'warning')] : []),
    ...(firing.length === 0 ? [`nothing fires of ${plural(rows, 'alert')}`] : []),
    ...(pending > 0 ? [`${count(pending)} pending`] : []),
  ]
  return `${mark}: ${parts.join(', ')}`
}

function agoOf(iso: string, takenAt: string): string {
  return duration(Math.max(0, (Date.parse(takenAt) - Date.parse(iso)) / 1000))
}
