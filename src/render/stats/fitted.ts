import {clean} from '../text/clean.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import {truncate, width, wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {type Cells, cellsOf} from './cells.ts'
import type {Group, Section} from './sections.ts'

type Row =
  | {kind: 'section'; title: string}
  /** A name that stands over its figures, and what they all come from. */
  | {kind: 'group'; name: string; from: string}
  | {kind: 'figure'; name: string; cells: Cells}
type Figure = Extract<Row, {kind: 'figure'}>

/** What gave way so that the table fits the terminal. */
type Layout = {bar: boolean; stacked: boolean; nameWidth: number; fromWidth: number}

const gap = 2
const leastName = 12
const leastFrom = 14

/** For a terminal: one table laid out by cli-table3, so that columns stand under each other, never wider than the terminal. */
export async function drawFitted(sections: readonly Section[], takenAt: string, view: View): Promise<string> {
  const {default: Table} = await import('cli-table3')
  const palette = paletteFor(view)
  const {ellipsis} = symbolsFor(view)
  const rows = sections.flatMap(section => rowsOf(section, takenAt, view))
  const figures = rows.filter(row => row.kind === 'figure')
  const titles = rows.flatMap(row => (row.kind === 'section' ? width(row.title) : []))
  const layout = layOut(figures, Math.max(0, ...titles), view.columns)
  const header = ['value', ...(layout.bar ? [''] : []), 'target', 'alert', 'verdict', 'from']
  const table = new Table({
    colAligns: ['left', 'right'],
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0},
    chars: {...noBorders, middle: ' '.repeat(gap)},
  })
  const across = (content: string) => table.push([{content, colSpan: header.length + 1}])
  for (const [place, row] of rows.entries()) {
    if (row.kind === 'section') {
      if (place > 0) across('')
      table.push([palette.strong(row.title), ...header.map(palette.faint)])
    } else if (row.kind === 'group') {
      across(groupLine(row, view.columns, palette, ellipsis))
    } else {
      const {cells} = row
      const from = wrap(cells.from, layout.fromWidth).join('\n')
      const beside = [cells.from, cells.note].filter(part => part !== '').join('; ')
      const fits = width(beside) <= layout.fromWidth
      table.push([
        truncate(row.name, layout.nameWidth, ellipsis),
        cells.value,
        ...(layout.bar ? [cells.bar] : []),
        cells.target,
        cells.alerts.join(layout.stacked ? '\n' : ' '),
        cells.verdict,
        (fits ? beside : from).split('\n').map(palette.faint).join('\n'),
      ])
      if (!fits && cells.note !== '')
        for (const line of wrap(cells.note, view.columns - 4)) across(palette.faint(`    ${line}`))
    }
  }
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}

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

/** A row a thing where all have the same one figure, else each name with its figures beneath. */
function rowsOf(section: Section, takenAt: string, view: View): Row[] {
  const figures = ({samples}: Group) => samples.map(sample => cellsOf(sample, takenAt, view))
  if (section.label === null) {
    const rows = section.groups
      .flatMap(figures)
      .map((cells): Row => ({kind: 'figure', name: cells.metric, cells}))
    return [{kind: 'section', title: section.title}, ...rows]
  }
  const only = onlyMetric(section)
  if (only !== null) {
    const rows = section.groups.flatMap(group =>
      figures(group).map((cells): Row => ({kind: 'figure', name: clean(group.name), cells})),
    )
    return [{kind: 'section', title: clean(only)}, ...rows]
  }
  return [
    {kind: 'section', title: section.title},
    ...section.groups.flatMap(group => groupRows(group, figures(group))),
  ]
}

/** The title of the metric when the whole section has no other, and each thing has it once. */
function onlyMetric({groups}: Section): string | null {
  const first = groups[0]?.samples[0]
  const alike = groups.every(({samples}) => samples.length === 1 && samples[0]?.metric === first?.metric)
  return alike && first !== undefined ? first.title : null
}

/** Where all figures of a group come from the same window of the same source, that is said once. */
function groupRows(group: Group, figures: readonly Cells[]): Row[] {
  const origins = new Set(figures.map(({origin}) => origin).filter(origin => origin !== ''))
  const from = origins.size === 1 ? [...origins].join('') : ''
  return [
    {kind: 'group', name: clean(group.name), from},
    ...figures.map(
      (cells): Row => ({
        kind: 'figure',
        name: `  ${cells.metric}`,
        cells: from === '' ? cells : {...cells, from: cells.basis === '' ? '' : `of ${cells.basis}`},
      }),
    ),
  ]
}

function groupLine(
  {name, from}: {name: string; from: string},
  columns: number,
  palette: Palette,
  ellipsis: string,
): string {
  const shown = truncate(name, columns, ellipsis)
  const fits = from !== '' && width(shown) + gap + width(from) <= columns
  return fits ? `${shown}${' '.repeat(gap)}${palette.faint(from)}` : shown
}

/** Gives way in this order: the bars, alerts side by side, the source on one line, long names. */
function layOut(figures: readonly Figure[], title: number, columns: number): Layout {
  const widest = (least: number, text: (row: Figure) => string) =>
    Math.max(least, ...figures.map(row => width(text(row))))
  const name = widest(title, row => row.name)
  const from = widest('from'.length, ({cells}) => cells.from)
  const bar = widest(0, ({cells}) => cells.bar)
  const fixed =
    widest('value'.length, ({cells}) => cells.value) +
    widest('target'.length, ({cells}) => cells.target) +
    widest('verdict'.length, ({cells}) => cells.verdict)
  const side = widest('alert'.length, ({cells}) => cells.alerts.join(' '))
  const stack = widest('alert'.length, ({cells}) => longest(cells.alerts))
  const needs = (layout: {bar: boolean; stacked: boolean}) =>
    fixed + (layout.bar ? bar + gap : 0) + (layout.stacked ? stack : side) + gap * 5
  const steps = [
    {bar: bar > 0, stacked: false},
    {bar: false, stacked: false},
    {bar: false, stacked: true},
  ]
  const step = steps.find(step => name + from + needs(step) <= columns) ?? {bar: false, stacked: true}
  const room = columns - needs(step)
  const fromWidth = Math.max(1, Math.min(from, Math.max(leastFrom, room - name)))
  const nameWidth = Math.min(name, Math.max(leastName, room - fromWidth))
  // What is left over takes the notes.
  return {...step, nameWidth, fromWidth: Math.max(fromWidth, room - nameWidth)}
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (width(text) > width(best) ? text : best), '')
}
