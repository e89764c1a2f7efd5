import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {statusMark, symbolsFor} from '../text/symbols.ts'
import {padEnd} from '../text/width.ts'
import type {Renderer} from '../view.ts'
import {arrange} from './arrange.ts'
import {verdictLine} from './summary.ts'

/** Problems only, a line each, never cut, and the verdict: for logs, chat and `watch`. */
export const renderShort: Renderer = (report, view) => {
  const palette = paletteFor(view)
  const symbols = symbolsFor(view)
  const {problems} = arrange(report.findings)
  if (view.verbosity === 'quiet' && problems.length === 0) return ''
  const lines = problems.flatMap(({finding, consequences}) =>
    [finding, ...consequences].map(({status, check, message, becauseOf}) => {
      const cause = becauseOf === undefined ? '' : palette.faint(` (because of ${becauseOf})`)
      return `${padEnd(statusMark(status, symbols, palette), 12)}${check}: ${clean(message)}${cause}`
    }),
  )
  return `${[...lines, verdictLine(report, symbols, palette)].join('\n')}\n`
}
