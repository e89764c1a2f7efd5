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
  /** Source, window and how many it rests on. */
  from: string
  /** Source and window alone, and how many: where the former is said once for several. */
  origin: string
  basis: string
  /** What a reader should know; why there is no value. */
  note: string
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
    from: sample.value === null && sample.samples === null ? '' : fromOf(sample, takenAt),
    origin: originOf(sample, takenAt),
    basis: basisOf(sample),
    note: noteOf(sample),
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

function noteOf({note, level}: Sample): string {
  if (note !== undefined) return clean(note)
  return level === 'not-measured' ? 'no source could tell' : ''
}

/** `Flower, 214 in 12 min`, `Flower, 3, 20 needed in 12 min` where they are too few, `Celery, now`. */
function fromOf(sample: Sample, takenAt: string): string {
  const source = sample.source === null ? '' : sourceName(sample.source)
  const window = windowOf(sample, takenAt)
  const basis = basisOf(sample)
  const when =
    basis === ''
      ? window === ''
        ? 'now'
        : `last ${window}`
      : `${basis}${window === '' ? '' : ` in ${window}`}`
  return source === '' ? when : `${source}, ${when}`
}

/** The same for all figures of one window of one source: `Flower, last 12 min`. */
function originOf(sample: Sample, takenAt: string): string {
  return sample.value === null ? '' : fromOf({...sample, samples: null}, takenAt)
}

function basisOf({samples, level, leastSamples}: Sample): string {
  if (samples === null) return ''
  return level === 'not-enough-data' ? `${count(samples)}, ${count(leastSamples)} needed` : count(samples)
}

function windowOf({since}: Sample, takenAt: string): string {
  const seconds = since === null ? Number.NaN : (Date.parse(takenAt) - Date.parse(since)) / 1000
  return seconds >= 0 ? duration(seconds) : ''
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
function shareOf({value, unit, target, alerts, level, labels}: Sample): number | null {
  if (value === null || level === 'not-enough-data') return null
  if (unit !== 'ratio' && labels.queue === undefined) return null
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
