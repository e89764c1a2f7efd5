import type {SampleLevel} from '../../metrics/metric.ts'
import type {FindingStatus} from '../../report/finding.ts'
import type {Palette} from './palette.ts'

export type Symbols = {
  pass: string
  warning: string
  critical: string
  unknown: string
  notice: string
  skipped: string
  /** Before a figure that rests on too few to be judged. */
  few: string
  ellipsis: string
  separator: string
  /** Eighths of a bar's cell, the full one last; a single one where only whole cells can be drawn. */
  bar: readonly string[]
  barRest: string
  /** Heights of a curve's step, nothing first. */
  spark: readonly string[]
}

const unicode: Symbols = {
  pass: '✓',
  warning: '!',
  critical: '✗',
  unknown: '?',
  notice: 'i',
  skipped: '–',
  few: '~',
  ellipsis: '…',
  separator: '·',
  bar: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  barRest: '░',
  spark: [...'▁▂▃▄▅▆▇█'],
}
const ascii: Symbols = {
  pass: '+',
  warning: '!',
  critical: 'x',
  unknown: '?',
  notice: 'i',
  skipped: '-',
  few: '~',
  ellipsis: '...',
  separator: ';',
  bar: ['#'],
  barRest: '.',
  spark: [...'_.-=+*%#'],
}

export function symbolsFor(view: {unicode: boolean}): Symbols {
  return view.unicode ? unicode : ascii
}

const paints: Record<FindingStatus, keyof Palette> = {
  pass: 'good',
  warning: 'warn',
  critical: 'bad',
  unknown: 'odd',
  notice: 'info',
  skipped: 'faint',
}

/** Symbol and word, always both: `✗ critical`. */
export function statusMark(status: FindingStatus, symbols: Symbols, palette: Palette): string {
  return mark(status, status, symbols, palette)
}

/** The verdict when nothing is wrong; where nothing was checked either, that is said. */
export function okMark(status: FindingStatus, symbols: Symbols, palette: Palette): string {
  return mark(status, status === 'pass' ? 'ok' : 'nothing checked', symbols, palette)
}

/** How a sample stands, where it is held against any bound: as a status, for symbol and colour, and in a word. */
export function standingOf({level, targetMet}: {level: SampleLevel; targetMet: boolean | null}): {
  status: FindingStatus
  word: string
} {
  if (level === 'not-enough-data') return {status: 'skipped', word: 'too few'}
  if (level === 'not-measured') return {status: 'skipped', word: 'not measured'}
  if (level === 'critical' || level === 'warning') return {status: level, word: level}
  // A target missed counts for more than a notice.
  if (targetMet === false) return {status: 'warning', word: 'off target'}
  return level === 'notice' ? {status: level, word: level} : {status: 'pass', word: 'ok'}
}

export function statusPaint(status: FindingStatus, palette: Palette): (text: string) => string {
  return palette[paints[status]]
}

function mark(status: FindingStatus, word: string, symbols: Symbols, palette: Palette): string {
  return palette[paints[status]](`${symbols[status]} ${word}`)
}
