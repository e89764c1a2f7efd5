import type {Sample} from '../../metrics/metric.ts'
import type {Report} from '../../report/report.ts'
import {isBrokerUnread, statsVerdict} from '../../report/stats-verdict.ts'
import {historyTables} from '../history/tables.ts'
import {coverageLines, windowLine} from '../history/words.ts'
import {alignedGrid} from '../table/aligned.ts'
import {fittedGrid} from '../table/fitted.ts'
import {drawTable} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {count, plural} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {okMark, type Symbols, statusPaint, symbolsFor} from '../text/symbols.ts'
import {targetLine, unreadLines} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {type Grouping, samplesFor, sectionsOf, totalsOf} from './sections.ts'
import {thingsTable} from './things.ts'
import {totalTable} from './total.ts'

/** Every figure against its target and alert bounds: the hub and what could not be read, the tables, the verdict. */
export async function renderStats(report: Report, view: View, {by}: {by?: Grouping} = {}): Promise<string> {
  const palette = paletteFor(view)
  const samples = samplesFor(report, by)
  const history = report.history ?? null
  const blocks: string[] = []
  if (view.verbosity !== 'quiet') {
    const columns = view.fit ? view.columns : Number.POSITIVE_INFINITY
    const head = [
      targetLine(report, view),
      ...(history === null ? [] : [windowLine(history)]),
      ...unreadLines(report.unread),
    ]
    blocks.push(head.flatMap(line => wrap(line, columns).map(palette.faint)).join('\n'))
  }
  const told = history ?? report.latest
  if (told !== undefined) {
    const lines = coverageLines(told, view)
    if (lines.length > 0) blocks.push(lines.join('\n'))
  }
  const totals = history !== null && by !== undefined ? [] : totalsOf(samples)
  const tables = [
    ...(totals.length === 0 ? [] : [totalTable(totals, history?.to ?? report.takenAt, view)]),
    ...(history === null ? [] : historyTables(history, report.samples, by, view)),
    ...sectionsOf(samples)
      .filter(({label}) => history === null || label !== 'task')
      .map(section => thingsTable(section, report, view)),
  ]
  const grid = view.fit ? await fittedGrid() : alignedGrid
  blocks.push(...tables.map(table => drawTable(table, grid, view)))
  blocks.push(lastLines(samples, report, palette, symbolsFor(view)).join('\n'))
  return `${blocks.join('\n\n')}\n`
}

/** What could not be judged, then the verdict and what to type. Never broken: the command must survive being copied. */
function lastLines(
  samples: readonly Sample[],
  {target: {flags}, unread}: Report,
  palette: Palette,
  symbols: Symbols,
): string[] {
  const of = (test: (sample: Sample) => boolean) => samples.filter(test).length
  const critical = of(({level}) => level === 'critical')
  const warning = of(({level}) => level === 'warning')
  const missed = of(
    ({level, targetMet}) => level !== 'critical' && level !== 'warning' && targetMet === false,
  )
  const unmeasured = of(({level}) => level === 'not-measured')
  const few = of(({level}) => level === 'not-enough-data')
  const unjudged = joined([
    few > 0 ? `${count(few)} not judged (too few tasks)` : '',
    unmeasured > 0 ? `${count(unmeasured)} not measured` : '',
  ])
  const before = unjudged === '' ? [] : [palette.faint(`${symbols.skipped} ${unjudged}`)]
  const verdict = statsVerdict(samples, unread)
  if (verdict === 'ok') {
    const good = samples.length - unmeasured - few
    return [...before, `${okMark('pass', symbols, palette)}: ${plural(good, 'figure')} within bounds`]
  }
  const wrong = joined([
    critical > 0 ? `${count(critical)} critical` : '',
    warning > 0 ? plural(warning, 'warning') : '',
    missed > 0 ? `${count(missed)} off target` : '',
    verdict !== 'unknown'
      ? ''
      : isBrokerUnread(unread)
        ? 'the broker could not be read'
        : 'nothing could be measured',
  ])
  const next = clean(commandLine(['hub-mon', 'doctor', ...flags]))
  return [...before, `${statusPaint(verdict, palette)(wrong)}. Next: ${palette.command(next)}`]
}

function joined(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(', ')
}
