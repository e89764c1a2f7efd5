import type {FindingStatus} from '../../report/finding.ts'
import type {Report} from '../../report/report.ts'
import {clean} from '../text/clean.ts'
import {count, plural} from '../text/number.ts'
import type {Palette} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {okMark, type Symbols, statusPaint} from '../text/symbols.ts'

/** `2 critical, 1 warning`, and the rest where nothing is wrong: `24 passed, 1 notice, 6 skipped`. */
export function countsOf(report: Report): string {
  const {counts} = report
  const wrong = [
    counts.critical > 0 ? `${count(counts.critical)} critical` : '',
    counts.unknown > 0 ? `${count(counts.unknown)} unknown` : '',
    counts.warning > 0 ? plural(counts.warning, 'warning') : '',
  ].filter(part => part !== '')
  if (wrong.length > 0) return wrong.join(', ')
  return [
    `${count(counts.pass)} passed`,
    counts.notice > 0 ? plural(counts.notice, 'notice') : '',
    counts.skipped > 0 ? `${count(counts.skipped)} skipped` : '',
  ]
    .filter(part => part !== '')
    .join(', ')
}

/** What to type next: the report's own word, else a closer look at the first problem. */
export function nextCommand(report: Report): string | null {
  if (report.next !== null) return commandLine(report.next)
  const worst = report.findings[0]
  return worst !== undefined && report.verdict !== 'ok'
    ? commandLine(['hub-mon', 'explain', worst.check])
    : null
}

/** How bad the whole is, as a finding's status, for symbol and colour. */
export function verdictStatus(report: Report): FindingStatus {
  if (report.verdict !== 'ok') return report.verdict
  return report.counts.pass > 0 ? 'pass' : 'skipped'
}

/** Most important line last: the verdict and what to type. Never broken: the command must survive being copied. */
export function verdictLine(report: Report, symbols: Symbols, palette: Palette): string {
  const status = verdictStatus(report)
  if (report.verdict === 'ok') return `${okMark(status, symbols, palette)}: ${countsOf(report)}`
  const counts = statusPaint(status, palette)(countsOf(report))
  const next = nextCommand(report)
  return next === null ? `${counts}.` : `${counts}. Next: ${palette.command(clean(next))}`
}
