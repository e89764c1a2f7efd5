import type {Evidence, Finding, Remedy} from '../../report/finding.ts'
import type {Report} from '../../report/report.ts'
import {clean} from '../text/clean.ts'
import {count} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {type Symbols, statusMark, symbolsFor} from '../text/symbols.ts'
import {targetLine, unreadLines} from '../text/target.ts'
import {padEnd, truncate, width, wrap, wrapItems} from '../text/width.ts'
import type {Renderer, View} from '../view.ts'
import {arrange, byCategory, curesFirst, type Problem} from './arrange.ts'
import {byWayOf, causeOf, evidenceItem} from './detail.ts'
import {verdictLine} from './summary.ts'

export type Ink = {view: View; palette: Palette; symbols: Symbols; columns: number}

/** For people: what is wrong, what to type, then what is well. */
export const renderTable: Renderer = (report, view) => {
  const ink: Ink = {
    view,
    palette: paletteFor(view),
    symbols: symbolsFor(view),
    columns: view.fit ? view.columns : Number.POSITIVE_INFINITY,
  }
  const {problems, notices, passes, skipped} = arrange(report.findings)
  const quiet = view.verbosity === 'quiet'
  if (quiet && problems.length === 0) return ''
  const blocks = [
    ...(quiet ? [] : [headerLines(report, ink)]),
    ...problems.map(problem => problemLines(problem, ink)),
    ...(quiet ? [] : [passLines(passes, ink), noticeLines(notices, ink), skippedLines(skipped, report, ink)]),
    [verdictLine(report, ink.symbols, ink.palette)],
  ]
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`
}

function headerLines(report: Report, ink: Ink): string[] {
  const lines = wrap(targetLine(report, ink.view), ink.columns)
  // What could not be read at all has a finding of its own; what was read in part has none.
  const partly = unreadLines(report.unread.filter(({partial}) => partial || ink.view.verbosity === 'verbose'))
  return [...lines, ...partly.flatMap(line => wrap(line, ink.columns))].map(ink.palette.faint)
}

function problemLines({finding, consequences}: Problem, ink: Ink): string[] {
  const lines = findingLines(finding, ink)
  if (consequences.length === 0) return lines
  return [
    ...lines,
    `    ${ink.palette.faint('because of it:')}`,
    ...consequences.flatMap(consequence =>
      (ink.view.verbosity === 'verbose'
        ? findingLines(consequence, {...ink, columns: ink.columns - 6}, byWayOf(consequence, finding))
        : headline(consequence, {...ink, columns: ink.columns - 6}, byWayOf(consequence, finding))
      ).map(line => `      ${line}`),
    ),
  ]
}

/** The finding, the commands to type, what was seen. */
export function findingLines(finding: Finding, ink: Ink, more = ''): string[] {
  const verbose = ink.view.verbosity === 'verbose'
  const room = ink.columns - labelIndent - labelWidth
  return [
    ...headline(finding, ink, more),
    ...remedyLines(curesFirst(finding.remedies), ink),
    ...labelled('seen', evidenceLines(finding.evidence, room, ink), ink),
    ...(verbose ? labelled('affects', wrap(finding.affects.map(clean).join(', '), room), ink) : []),
    ...(verbose ? labelled('docs', wrap(clean(finding.docs), room), ink) : []),
  ]
}

/** `✗ critical  redis.reachable: connection refused`, going on under its own beginning. */
function headline(finding: Finding, ink: Ink, more = ''): string[] {
  const mark = statusMark(finding.status, ink.symbols, ink.palette)
  const indent = 12
  const [first = '', ...rest] = wrap(
    `${finding.check}: ${clean(finding.message)}${more}`,
    ink.columns - indent,
  )
  const named = first.startsWith(finding.check)
    ? ink.palette.strong(finding.check) + first.slice(finding.check.length)
    : first
  return [padEnd(mark, indent) + named, ...rest.map(line => ' '.repeat(indent) + line)]
}

const labelIndent = 4
const labelWidth = 8
/** Comments stand under each other up to here; a long command does not push those of short ones away. */
const widestAligned = 60

/** A command is never broken: it must survive being copied. Its explanation gives way. */
function remedyLines(remedies: readonly Remedy[], ink: Ink): string[] {
  const room = ink.columns - labelIndent - labelWidth
  const rows = remedies.map(({kind, text, command}) => ({
    kind,
    command: command === undefined ? null : clean(commandLine(command)),
    text: clean(text),
  }))
  const beside = rows.filter(
    ({command, text}) => command !== null && width(command) + width(text) + 4 <= room,
  )
  const widths = beside.map(({command}) => width(command ?? ''))
  const column = Math.max(0, ...widths.filter(width => width <= widestAligned))
  return rows.flatMap((row, place) => {
    const label = rows[place - 1]?.kind === row.kind ? '' : row.kind
    if (row.command === null) return labelled(label, wrap(row.text, room), ink)
    const command = ink.palette.command(row.command)
    const comment = `# ${row.text}`
    if (!beside.includes(row))
      return labelled(label, [...wrap(comment, room).map(ink.palette.faint), command], ink)
    const gap = 2 + (column + 2 + width(comment) <= room ? Math.max(0, column - width(row.command)) : 0)
    return labelled(label, [command + ' '.repeat(gap) + ink.palette.faint(comment)], ink)
  })
}

/** The label once, before the first line; nothing where there is nothing to say. */
function labelled(label: string, lines: readonly string[], ink: Ink): string[] {
  return lines
    .filter(line => line !== '')
    .map(
      (line, place) =>
        ' '.repeat(labelIndent) + ink.palette.faint(padEnd(place === 0 ? label : '', labelWidth)) + line,
    )
}

function evidenceLines(evidence: readonly Evidence[], room: number, {symbols}: Ink): string[] {
  return wrapItems(evidence.map(evidenceItem), ` ${symbols.separator} `, room)
}

/** The category once, then a line a check. */
function passLines(passes: readonly Finding[], ink: Ink): string[] {
  const groups = byCategory(passes)
  const column = Math.max(0, ...groups.map(([category]) => width(category))) + 2
  const verbose = ink.view.verbosity === 'verbose'
  return groups.flatMap(([category, findings]) =>
    findings.flatMap((finding, place) => {
      const start = padEnd(place === 0 ? category : '', column)
      const mark = statusMark(finding.status, ink.symbols, ink.palette)
      const indent = column + width(mark) + 2
      const room = ink.columns - indent
      const message = clean(finding.message)
      const whole = message === '' ? finding.title : `${finding.title}: ${message}`
      const lines = verbose
        ? wrap(whole, room)
        : width(finding.title) > room
          ? wrap(finding.title, room)
          : [truncate(whole, room, ink.symbols.ellipsis)]
      const details = verbose
        ? [finding.check, ...evidenceLines(finding.evidence, room, ink)].map(ink.palette.faint)
        : []
      return [
        `${ink.palette.faint(start)}${mark}  ${lines[0] ?? ''}`,
        ...[...lines.slice(1), ...details].map(line => ' '.repeat(indent) + line),
      ]
    }),
  )
}

/** Those that one command cures are said in a line each, and the command once. */
function noticeLines(notices: readonly Finding[], ink: Ink): string[] {
  if (ink.view.verbosity === 'verbose') return notices.flatMap(notice => findingLines(notice, ink))
  return byCure(notices).flatMap(alike => {
    const [first, ...others] = alike
    if (first === undefined || others.length === 0) return alike.flatMap(notice => findingLines(notice, ink))
    const cures = curesFirst(first.remedies).filter(({kind}) => kind === 'cure')
    return [...alike.flatMap(notice => headline(notice, ink)), ...remedyLines(cures, ink)]
  })
}

/** In their order; neighbours that begin with the same command stand together. */
function byCure(notices: readonly Finding[]): Finding[][] {
  const groups: Finding[][] = []
  for (const notice of notices) {
    const last = groups.at(-1)
    const cure = cureOf(notice)
    if (last !== undefined && cure !== null && cureOf(last[0]) === cure) last.push(notice)
    else groups.push([notice])
  }
  return groups
}

function cureOf(notice: Finding | undefined): string | null {
  const [cure] = curesFirst(notice?.remedies ?? [])
  return cure?.kind === 'cure' && cure.command !== undefined ? commandLine(cure.command) : null
}

/** Why each was skipped is asked for by `--verbose`; that some were, and which, is always said. */
function skippedLines(skipped: readonly Finding[], {findings}: Report, ink: Ink): string[] {
  if (skipped.length === 0) return []
  if (ink.view.verbosity === 'verbose')
    return skipped.flatMap(finding => {
      const cause = causeOf(finding, findings)
      return headline(finding, ink, cause === '' ? '' : ` (${cause})`)
    })
  const where = byCategory(skipped)
    .map(([category, findings]) => `${category} ${count(findings.length)}`)
    .join(', ')
  const text = `${ink.symbols.skipped} ${count(skipped.length)} skipped: ${where} (--verbose says why)`
  return wrap(text, ink.columns).map(ink.palette.faint)
}
