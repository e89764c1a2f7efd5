import {paletteFor} from '../text/palette.ts'
import {padEnd, padStart, width} from '../text/width.ts'
import {type Grid, gap} from './table.ts'

/** For pipes: all columns and rows, nothing cut, a dash where there is nothing, so that no column shifts. */
export const alignedGrid: Grid = (columns, rows, view) => {
  const palette = paletteFor(view)
  const lines = [
    columns.map(({title}) => ({text: title, paint: palette.faint})),
    ...rows.map(row =>
      row.map(({parts, paint = (text: string) => text}) => ({text: parts.join(' ') || '-', paint})),
    ),
  ]
  const widths = columns.map((_column, place) =>
    lines.reduce((most, line) => Math.max(most, width(line[place]?.text ?? '')), 0),
  )
  return lines.map(line =>
    line
      .map(({text, paint}, place) => {
        const pad = columns[place]?.align === 'right' ? padStart : padEnd
        return pad(paint(text), widths[place] ?? 0)
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}
