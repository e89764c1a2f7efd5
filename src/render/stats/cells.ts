import type {Sample} from '../../metrics/metric.ts'
import type {Bound} from '../../snapshot/snapshot.ts'
import {type Cell, cell} from '../table/table.ts'
import {duration} from '../text/duration.ts'
import {count, quantity} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {standingOf, statusPaint, symbolsFor} from '../text/symbols.ts'
import {sourceName} from '../text/target.ts'
import type {View} from '../view.ts'

/** A figure; one that crosses a bound is marked and coloured, one that rests on too few is marked and faint. One of a window with a gap has a star. */
export function valueCell(sample: Sample, view: View): Cell {
  const symbols = symbolsFor(view)
  const {faint} = paletteFor(view)
  if (sample.value === null) return {parts: [symbols.skipped], paint: faint}
  const text = `${quantity(sample.value, sample.unit)}${sample.incomplete ? '*' : ''}`
  if (sample.level === 'not-enough-data') return {parts: [symbols.few, text], paint: faint}
  const {status} = standingOf(sample)
  return status === 'pass'
    ? cell(text)
    : {parts: [symbols[status], text], paint: statusPaint(status, paletteFor(view))}
}

/** The worst of the figures, as symbol and word; nothing where none of them has a bound. */
export function verdictCell(samples: readonly Sample[], view: View): Cell {
  const [worst] = samples
    .filter(sample => isJudged(sample) || sample.level === 'not-measured')
    .sort((a, b) => trouble(b) - trouble(a))
  if (worst === undefined) return cell()
  const {status, word} = standingOf(worst)
  return {parts: [symbolsFor(view)[status], word], paint: statusPaint(status, paletteFor(view))}
}

function isJudged({target, alerts}: Sample): boolean {
  return [target, alerts.notice, alerts.warning, alerts.critical].some(held => held !== null)
}

/** How bad a figure is, for what comes first and for the worst of several; what is not judged comes last. */
export function trouble({level, targetMet}: Pick<Sample, 'level' | 'targetMet'>): number {
  if (level === 'not-measured') return -2
  if (level === 'not-enough-data') return -1
  if (level === 'critical') return 4
  if (level === 'warning') return 3
  if (targetMet === false) return 2
  return level === 'notice' ? 1 : 0
}

/** Source and window, the same for all figures of one window of one source: `Flower, last 12 min`, `Celery, now`. */
export function originOf(sample: Sample, takenAt: string): string {
  const window = windowOf(sample.since, takenAt)
  // History's window may have ended long ago.
  const span = sample.source === 'history' ? window : `last ${window}`
  return [sourceOf(sample), window === '' ? 'now' : span].filter(part => part !== '').join(', ')
}

export function sourceOf({source}: Sample): string {
  return source === null ? '' : sourceName(source)
}

/** How many it rests on: `of 214`; where they are too few, of how many that are needed: `3 of 20`. */
export function basisOf({samples, level, leastSamples}: Sample): string {
  if (samples === null) return ''
  return level === 'not-enough-data' ? `${count(samples)} of ${count(leastSamples)}` : `of ${count(samples)}`
}

function windowOf(since: string | null, takenAt: string): string {
  const seconds = since === null ? Number.NaN : (Date.parse(takenAt) - Date.parse(since)) / 1000
  return seconds >= 0 ? duration(seconds) : ''
}

const barCells = 8

/** How much of the bound is used up; nothing where there is no bound to fill. */
export function barCell(sample: Sample, view: View): Cell {
  const share = shareOf(sample)
  if (share === null) return cell()
  const symbols = symbolsFor(view)
  const palette = paletteFor(view)
  const steps = symbols.bar.length
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barCells * steps)
  const whole = Math.floor(filled / steps)
  const part = symbols.bar[(filled % steps) - 1] ?? ''
  const drawn = (symbols.bar[steps - 1] ?? '').repeat(whole) + part
  const paint = statusPaint(standingOf(sample).status, palette)
  const rest = symbols.barRest.repeat(barCells - whole - (part === '' ? 0 : 1))
  return {parts: [drawn + rest], paint: text => paint(text.slice(0, drawn.length)) + palette.faint(rest)}
}

/** A full bar has reached the bound that raises the alert. */
function shareOf({value, target, alerts, level}: Sample): number | null {
  if (value === null || level === 'not-enough-data') return null
  const most = [above(alerts.critical), above(alerts.warning), below(target)].find(limit => limit !== null)
  return most === undefined || most <= 0 ? null : value / most
}

function above(held: Bound | null): number | null {
  return held !== null && 'above' in held ? held.above : null
}

function below(held: Bound | null): number | null {
  return held !== null && 'below' in held ? held.below : null
}
