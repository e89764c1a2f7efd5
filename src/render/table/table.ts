import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {width, wrapItems} from '../text/width.ts'
import type {View} from '../view.ts'

/** What is printed in one place; a column that wraps breaks between parts first. */
export type Cell = {parts: readonly string[]; paint?: (text: string) => string}

/** A column as it is on a terminal of any width and when piped. */
export type Column = {
  title: string
  align: 'left' | 'right'
  /** Columns with the lowest go first where not all have room; one without stays, however narrow it gets. */
  worth?: number
  /** Narrower than its cells only down to this; without it they are never cut. */
  least?: number
  /** What of a cell is left when it is cut: its beginning, its beginning and end, or all of it on more lines. */
  cut?: 'end' | 'middle' | 'wrap'
}

/** One section of `stats`: drawn to fit a terminal, or aligned for a pipe. */
export type Table = {
  title: string
  /** Source and window, where all figures share them; else empty. */
  origin: string
  /** What holds for the rows together: bounds, legends; a line each, that breaks between parts first. */
  about: string[][]
  columns: Column[]
  /** A cell a column. */
  rows: Cell[][]
  /** How many rows are left out, and where they are; else empty. */
  rest: string
}

/** Two spaces or more between columns, so that a script can tell them apart. */
export const gap = 2

/** The lines of a table's grid, head first. */
export type Grid = (columns: readonly Column[], rows: readonly (readonly Cell[])[], view: View) => string[]

export const cell = (...parts: string[]): Cell => ({parts: parts.filter(part => part !== '')})

/** A table with its title, what holds for all its rows, and its rows. */
export function drawTable(table: Table, grid: Grid, view: View): string {
  const palette = paletteFor(view)
  const room = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const {title, origin} = table
  const beside = origin !== '' && width(title) + gap + width(origin) <= room
  return [
    palette.strong(title) + (beside ? ' '.repeat(gap) + palette.faint(origin) : ''),
    ...[...(beside || origin === '' ? [] : [[origin]]), ...table.about].flatMap(parts =>
      wrapItems(parts.map(clean), ' ', room).map(palette.faint),
    ),
    ...grid(table.columns, table.rows, view),
    // Has a command to copy: never broken.
    ...(table.rest === '' ? [] : [palette.faint(table.rest)]),
  ].join('\n')
}
