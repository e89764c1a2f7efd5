import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import {shorten, truncate, width, wrapItems} from '../text/width.ts'
import type {View} from '../view.ts'
import {type Cell, type Column, type Grid, gap} from './table.ts'

type Fitted = Column & {place: number; natural: number}

/** For a terminal: columns stand under each other, laid out by cli-table3, never wider than the terminal. */
export async function fittedGrid(): Promise<Grid> {
  const {default: Table} = await import('cli-table3')
  return (columns, rows, view) => {
    const kept = layOut(columns, rows, view.columns)
    const {faint} = paletteFor(view)
    const table = new Table({
      // Given, because its own measure of wide characters is not ours.
      colWidths: kept.map(column => column.width + 1),
      colAligns: kept.map(column => column.align),
      // The gap is one of padding and one of border.
      style: {head: [], border: [], 'padding-left': 0, 'padding-right': 1},
      chars: {...noBorders, middle: ' '.repeat(gap - 1)},
    })
    table.push(kept.map(({title, width: room}) => faint(truncate(title, room, symbolsFor(view).ellipsis))))
    for (const row of rows)
      table.push(
        kept.map(column => {
          const {parts = [], paint = (text: string) => text} = row[column.place] ?? {}
          return linesOf(parts, column, view).map(paint).join('\n')
        }),
      )
    return table
      .toString()
      .split('\n')
      .map(line => line.trimEnd())
  }
}

function linesOf(parts: readonly string[], column: Column & {width: number}, view: View): string[] {
  const {ellipsis} = symbolsFor(view)
  if (column.cut === 'wrap') return wrapItems(parts, ' ', column.width)
  const cut = column.cut === 'middle' ? shorten : truncate
  return [cut(parts.join(' '), column.width, ellipsis)]
}

/** Names are whole up to here before what is only worth room to spare is shown. */
const wholeName = 40

/** First the columns that stay, then how wide: what may be narrower gets, from left to right, what is left over. */
function layOut(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  room: number,
): (Fitted & {width: number})[] {
  let kept = columns.map((column, place): Fitted => {
    const texts = rows.map(row => row[place]?.parts.join(' ') ?? '')
    return {...column, place, natural: Math.max(width(column.title), ...texts.map(width))}
  })
  while (needed(kept) > room) {
    const [next] = kept.filter(({worth}) => worth !== undefined).sort((a, b) => worthOf(a) - worthOf(b))
    if (next === undefined) break
    kept = kept.filter(column => column !== next)
  }
  let spare = room - total(kept.map(leastOf))
  return kept.map(column => {
    const least = leastOf(column)
    const more = Math.min(column.natural - least, Math.max(0, spare))
    spare -= more
    return {...column, width: least + more}
  })
}

function needed(columns: readonly Fitted[]): number {
  const spared = columns.some(column => worthOf(column) <= spareWorth)
  return total(
    columns.map(column =>
      spared && column.cut === 'middle' ? Math.min(column.natural, wholeName) : leastOf(column),
    ),
  )
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, 0) + gap * (widths.length - 1)
}

function leastOf({natural, least = natural}: Fitted): number {
  return Math.min(natural, least)
}

function worthOf({worth}: Column): number {
  return worth ?? Number.POSITIVE_INFINITY
}

/** Columns worth no more than this are shown only beside whole names. */
const spareWorth = 1

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
}
