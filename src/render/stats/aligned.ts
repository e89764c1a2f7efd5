import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {padEnd, padStart, width} from '../text/width.ts'
import type {View} from '../view.ts'
import {cellsOf} from './cells.ts'
import type {Section} from './sections.ts'

const gap = '  '

/** For pipes: one row a sample with all its columns, nothing cut, at least two spaces between columns. */
export function drawAligned(sections: readonly Section[], takenAt: string, view: View): string {
  return sections
    .map(section => `${paletteFor(view).strong(section.title)}\n${rowsOf(section, takenAt, view)}`)
    .join('\n\n')
}

function rowsOf(section: Section, takenAt: string, view: View): string {
  const labelled = section.label !== null
  const rows = section.groups.flatMap(({name, samples}) =>
    samples.map(sample => {
      const cells = cellsOf(sample, takenAt, view)
      return [
        ...(labelled ? [clean(name)] : []),
        cells.metric,
        cells.value,
        cells.target || '-',
        cells.alerts.join(', ') || '-',
        cells.verdict,
        [cells.from, cells.note].filter(part => part !== '').join('; '),
      ]
    }),
  )
  const header = [
    ...(labelled ? [section.label ?? ''] : []),
    'metric',
    'value',
    'target',
    'alert',
    'verdict',
    'from',
  ]
  const value = labelled ? 2 : 1
  const widths = header.map((_name, column) =>
    Math.max(...[header, ...rows].map(row => width(row[column] ?? ''))),
  )
  return [header, ...rows]
    .map(row =>
      row
        .map((cell, column) => (column === value ? padStart : padEnd)(cell, widths[column] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}
