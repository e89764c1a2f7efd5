import type {Sample} from '../../metrics/metric.ts'
import type {Bound} from '../../snapshot/snapshot.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {bound, count, quantity} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {levelMark, type Symbols, symbolsFor} from '../text/symbols.ts'
import {sourceName} from '../text/target.ts'
import type {View} from '../view.ts'

/** A sample as the columns of its row. */
export type Cells = {
  metric: string
  value: string
  /** How much of the bound is used up, where looking beats reading; else empty. */
  bar: string
  target: string
  /** A bound a line. */
  alerts: string[]
  verdict: string
  /** Source, window and how many it rests on; or why there is no value. */
  from: string
}

export function cellsOf(sample: Sample, takenAt: string, view: View): Cells {
  const symbols = symbolsFor(view)
  const palette = paletteFor(view)
  return {
    metric: clean(sample.title),
    value: sample.value === null ? symbols.skipped : quantity(sample.value, sample.unit),
    bar: bar(sample, symbols, palette),
    target: sample.target === null ? '' : bound(sample.target, sample.unit),
    alerts: alertsOf(sample, symbols, view),
    verdict: levelMark({...sample, judged: isJudged(sample)}, symbols, palette),
    from: from(sample, takenAt),
  }
}

function isJudged({target, alerts}: Sample): boolean {
  return [target, alerts.notice, alerts.warning, alerts.critical].some(held => held !== null)
}

/** `! > 5 %` on a terminal, where the symbol is explained by the column beside; in words when piped. */
function alertsOf({alerts, unit}: Sample, symbols: Symbols, {fit}: View): string[] {
  return (['notice', 'warning', 'critical'] as const).flatMap(level => {
    const held = alerts[level]
    return held === null ? [] : [`${fit ? symbols[level] : level} ${bound(held, unit)}`]
  })
}

function from(sample: Sample, takenAt: string): string {
  const note = sample.note === undefined ? '' : clean(sample.note)
  if (sample.value === null) return note === '' ? 'no source could tell' : note
  const source = sample.source === null ? '' : sourceName(sample.source)
  const basis = [source, windowOf(sample, takenAt)].filter(part => part !== '').join(', ')
  return [basis, note].filter(part => part !== '').join('; ')
}

/** `214 in 12 min`, `3 of the 20 it needs, in 12 min`, `last 12 min`, `now`. */
function windowOf({since, samples, level, leastSamples}: Sample, takenAt: string): string {
  const seconds = since === null ? Number.NaN : (Date.parse(takenAt) - Date.parse(since)) / 1000
  const window = seconds >= 0 ? duration(seconds) : ''
  if (samples === null) return window === '' ? 'now' : `last ${window}`
  const many =
    level === 'not-enough-data' ? `${count(samples)} of the ${count(leastSamples)} it needs` : count(samples)
  return window === '' ? many : `${many} in ${window}`
}

const barCells = 8

function bar(sample: Sample, symbols: Symbols, palette: Palette): string {
  const share = shareOf(sample)
  if (share === null) return ''
  const steps = symbols.bar.length
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barCells * steps)
  const whole = Math.floor(filled / steps)
  const part = symbols.bar[(filled % steps) - 1] ?? ''
  const full = symbols.bar[steps - 1] ?? ''
  const rest = symbols.barRest.repeat(barCells - whole - (part === '' ? 0 : 1))
  return barPaint(sample, palette)(full.repeat(whole) + part) + palette.faint(rest)
}

/** A full bar has reached the bound that raises the alert; a ratio that should be high is drawn as it is. */
function shareOf({value, unit, target, alerts}: Sample): number | null {
  if (value === null) return null
  const limit = [alerts.critical, alerts.warning, target].find(isUpper)
  if (limit !== undefined && limit !== null) {
    const most = 'above' in limit ? limit.above : limit.below
    return most > 0 ? value / most : null
  }
  return unit === 'ratio' && target !== null ? value : null
}

/** An alert above a value, or a target below one, caps it. */
function isUpper(held: Bound | null, place: number): boolean {
  const isTarget = place === 2
  return held !== null && (isTarget ? 'below' in held : 'above' in held)
}

function barPaint({level, targetMet}: Sample, palette: Palette): (text: string) => string {
  if (level === 'critical') return palette.bad
  if (level === 'warning' || targetMet === false) return palette.warn
  return level === 'ok' ? palette.good : palette.faint
}
