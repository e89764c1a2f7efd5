import {type Finding, isProblem} from '../../report/finding.ts'
import type {Verdict} from '../../report/report.ts'
import {findingLines} from '../doctor/table.ts'
import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {statusMark, symbolsFor} from '../text/symbols.ts'
import {padEnd, width} from '../text/width.ts'
import type {View} from '../view.ts'

/** What `secrets check` found: problems first, with what to type; then what is well, a line each. */
export function checkedText(findings: readonly Finding[], verdict: Verdict, view: View): string {
  const palette = paletteFor(view)
  const symbols = symbolsFor(view)
  const ink = {view, palette, symbols, columns: view.fit ? view.columns : Number.POSITIVE_INFINITY}
  const problems = findings.filter(({status}) => isProblem(status))
  const rest = findings.filter(({status}) => !isProblem(status))
  if (view.verbosity === 'quiet' && problems.length === 0) return ''
  const marks = rest.map(({status}) => statusMark(status, symbols, palette))
  const column = Math.max(0, ...marks.map(width)) + 2
  const lines = rest.map(
    ({title, message}, place) =>
      `${padEnd(marks[place] ?? '', column)}${title}${message === '' ? '' : `: ${clean(message)}`}`,
  )
  const blocks = [
    problems.flatMap(finding => findingLines(finding, ink)),
    view.verbosity === 'quiet' ? [] : lines,
    [closing(problems, verdict)],
  ]
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`
}

function closing(problems: readonly Finding[], verdict: Verdict): string {
  if (verdict === 'ok') return 'The secrets are as they should be.'
  return problems.length === 1 ? '1 problem.' : `${problems.length} problems.`
}
