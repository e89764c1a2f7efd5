import type {Sample} from '../../metrics/metric.ts'
import type {Report, Verdict} from '../../report/report.ts'
import {clean} from '../text/clean.ts'
import {count, plural} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {type Symbols, statusMark, statusPaint, symbolsFor} from '../text/symbols.ts'
import {targetLine, unreadLines} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {drawAligned} from './aligned.ts'
import {drawFitted} from './fitted.ts'
import {type Grouping, samplesBy, sectionsOf} from './sections.ts'
import {statsVerdict} from './verdict.ts'

/** Every figure against its target and alert bounds: the hub and what could not be read, the tables, the verdict. */
export async function renderStats(report: Report, view: View, {by}: {by?: Grouping} = {}): Promise<string> {
  const palette = paletteFor(view)
  const samples = samplesBy(report.samples, by)
  const blocks: string[] = []
  if (view.verbosity !== 'quiet') {
    const columns = view.fit ? view.columns : Number.POSITIVE_INFINITY
    const head = [targetLine(report), ...unreadLines(report.unread)]
    blocks.push(head.flatMap(line => wrap(line, columns).map(palette.faint)).join('\n'))
  }
  for (const section of sectionsOf(samples)) {
    const draw = view.fit ? drawFitted : drawAligned
    blocks.push(`${palette.strong(section.title)}\n${await draw(section, report.takenAt, view)}`)
  }
  blocks.push(lastLine(samples, palette, symbolsFor(view)))
  return `${blocks.join('\n\n')}\n`
}

function lastLine(samples: readonly Sample[], palette: Palette, symbols: Symbols): string {
  const of = (test: (sample: Sample) => boolean) => samples.filter(test).length
  const critical = of(({level}) => level === 'critical')
  const warning = of(({level}) => level === 'warning')
  const missed = of(
    ({level, targetMet}) => level !== 'critical' && level !== 'warning' && targetMet === false,
  )
  const unmeasured = of(({level}) => level === 'not-measured')
  const few = of(({level}) => level === 'not-enough-data')
  const verdict = statsVerdict(samples)
  const rest = [
    few > 0 ? `${count(few)} with too few tasks to judge` : '',
    unmeasured > 0 ? `${count(unmeasured)} not measured` : '',
  ]
    .filter(part => part !== '')
    .map(part => `; ${part}`)
    .join('')
  if (verdict === 'ok') {
    const good = samples.length - unmeasured - few
    return `${statusMark('pass', symbols, palette)}: ${plural(good, 'figure')} within bounds${rest}`
  }
  const wrong = [
    critical > 0 ? `${count(critical)} critical` : '',
    warning > 0 ? plural(warning, 'warning') : '',
    missed > 0 ? `${count(missed)} off target` : '',
    verdict === 'unknown' ? 'nothing could be measured' : '',
  ].filter(part => part !== '')
  const paint = statusPaint(verdict satisfies Exclude<Verdict, 'ok'>, palette)
  return `${paint(wrong.join(', '))}${verdict === 'unknown' ? '' : rest}. Next: ${palette.command(clean('hub-mon doctor'))}`
}
