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
  ellipsis: string
  separator: string
  /** Eighths of a bar's cell, the full one last; a single one where only whole cells can be drawn. */
  bar: readonly string[]
  barRest: string
}

const unicode: Symbols = {
  pass: '✓',
  warning: '!',
  critical: '✗',
  unknown: '?',
  notice: 'i',
  skipped: '–',
  ellipsis: '…',
  separator: '·',
  bar: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  barRest: '░',
}
const ascii: Symbols = {
  pass: '+',
  warning: '!',
  critical: 'x',
  unknown: '?',
  notice: 'i',
  skipped: '-',
  ellipsis: '...',
  separator: ';',
  bar: ['#'],
  barRest: '.',
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

/** A sample's verdict; a target missed without an alert is told as such. */
export function levelMark(
  sample: {level: SampleLevel; targetMet: boolean | null; judged: boolean},
  symbols: Symbols,
  palette: Palette,
): string {
  switch (sample.level) {
    case 'critical':
    case 'warning':
    case 'notice':
      return mark(sample.level, sample.level, symbols, palette)
    case 'not-enough-data':
      return mark('skipped', 'too few', symbols, palette)
    case 'not-measured':
      return mark('skipped', 'not measured', symbols, palette)
    case 'ok':
      if (sample.targetMet === false) return mark('warning', 'off target', symbols, palette)
      return sample.judged
        ? mark('pass', 'ok', symbols, palette)
        : mark('skipped', 'no bound', symbols, palette)
  }
}

export function statusPaint(status: FindingStatus, palette: Palette): (text: string) => string {
  return palette[paints[status]]
}

function mark(status: FindingStatus, word: string, symbols: Symbols, palette: Palette): string {
  return palette[paints[status]](`${symbols[status]} ${word}`)
}
