import {type Cell, type Column, cell} from '../table/table.ts'
import {duration} from '../text/duration.ts'
import {count} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'

/** A column, and what stands in it of each row; `null` where there is nothing to tell. */
export type Told<Row> = Column & {
  tell: (row: Row) => Cell | null
  /** Most often 0 everywhere: a terminal has no room for that. */
  rare?: true
}

const mostShown = 20

/** On a terminal without the columns that tell nothing, and with no more rows than one looks at. */
export function grid<Row>(
  told: readonly Told<Row>[],
  rows: readonly Row[],
  view: View,
): {columns: Column[]; rows: Cell[][]; rest: string} {
  const nothing: Cell = {parts: [symbolsFor(view).skipped], paint: paletteFor(view).faint}
  const shown = view.fit ? rows.slice(0, mostShown) : rows
  const all = told.map(({tell, rare, ...column}) => ({column, rare, cells: shown.map(tell)}))
  const kept = view.fit
    ? all.filter(({cells, rare}) => cells.some(one => one !== null && !(rare && one.parts[0] === '0')))
    : all
  const left = rows.length - shown.length
  return {
    columns: kept.map(({column}) => column),
    rows: shown.map((_row, place) => kept.map(({cells}) => cells[place] ?? nothing)),
    rest: left > 0 ? `${symbolsFor(view).ellipsis} and ${count(left)} more: all of them with --json` : '',
  }
}

export function numberCell(value: number | null): Cell | null {
  return value === null ? null : cell(count(value))
}

export function secondsCell(value: number | null): Cell | null {
  return value === null ? null : cell(duration(value))
}

export function textCell(text: string): Cell | null {
  return text === '' ? null : cell(text)
}
