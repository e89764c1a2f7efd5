import type {HorizontalTableRow} from 'cli-table3'
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

/** What gave way so that the table fits the terminal; where `from` is 0, the source goes beneath. */
type Layout = {
  bar: number
  stacked: boolean
  widths: Record<'name' | 'value' | 'target' | 'alert' | 'verdict' | 'from', number>
}

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
  const {widths} = layout
  const columns: [title: string, width: number][] = [
    ['', widths.name],
    ['value', widths.value],
    ...(layout.bar > 0 ? [['', layout.bar] as [string, number]] : []),
    ['target', widths.target],
    ['alert', widths.alert],
    ['verdict', widths.verdict],
    ...(widths.from > 0 ? [['from', widths.from] as [string, number]] : []),
  ]
  const lines: HorizontalTableRow[] = []
  const across = (content: string) => lines.push([{content, colSpan: columns.length}])
  for (const [place, row] of rows.entries()) {
    if (row.kind === 'section') {
      if (place > 0) across('')
      lines.push([palette.strong(row.title), ...columns.slice(1).map(([title]) => palette.faint(title))])
    } else if (row.kind === 'group') {
      across(groupLine(row, view.columns, palette, ellipsis))
    } else {
      const {cells} = row
      const from = [cells.from, cells.note].filter(part => part !== '').join('; ')
      const beside = width(from) <= widths.from ? from : widths.from > 0 ? cells.from : ''
      const beneath = beside === from ? '' : widths.from > 0 ? cells.note : from
      lines.push([
        truncate(row.name, widths.name, ellipsis),
        cells.value,
        ...(layout.bar > 0 ? [cells.bar] : []),
        cells.target,
        cells.alerts.join(layout.stacked ? '\n' : ' '),
        cells.verdict,
        ...(widths.from > 0 ? [wrap(beside, widths.from).map(palette.faint).join('\n')] : []),
      ])
      if (beneath !== '')
        for (const line of wrap(beneath, view.columns - 4)) across(palette.faint(`    ${line}`))
    }
  }
  const drawn: string[] = []
  for (let start = 0; start < lines.length; start += rowsAtOnce) {
    const table = new Table({
      // Given, because a name or note across all columns would make them wider.
      colWidths: columns.map(([, width]) => width + 1),
      colAligns: ['left', 'right'],
      // The gap is one of padding and one of border: cli-table3 counts on a border of one where a cell spans columns.
      style: {head: [], border: [], 'padding-left': 0, 'padding-right': 1},
      chars: {...noBorders, middle: ' '.repeat(gap - 1)},
    })
    table.push(...lines.slice(start, start + rowsAtOnce))
    drawn.push(table.toString())
  }
  return drawn
    .join('\n')
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}

/** cli-table3 takes time by the square of its rows; with given widths, many small tables look like one. */
const rowsAtOnce = 20

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

/**
 * Gives way in this order: the bars, alerts side by side, the source on one line, long names, the source's column.
 * The last column takes what is left over, so that the table is as wide as the terminal.
 */
function layOut(figures: readonly Figure[], title: number, columns: number): Layout {
  const widest = (least: number, text: (row: Figure) => string) =>
    Math.max(least, ...figures.map(row => width(text(row))))
  const name = widest(title, row => row.name)
  const from = widest('from'.length, ({cells}) => cells.from)
  const bar = widest(0, ({cells}) => cells.bar)
  const value = widest('value'.length, ({cells}) => cells.value)
  const target = widest('target'.length, ({cells}) => cells.target)
  const verdict = widest('verdict'.length, ({cells}) => cells.verdict)
  const side = widest('alert'.length, ({cells}) => cells.alerts.join(' '))
  const stack = widest('alert'.length, ({cells}) => longest(cells.alerts))
  const steps = [
    {bar, alert: side},
    {bar: 0, alert: side},
    {bar: 0, alert: stack},
  ].map(step => {
    const between = gap * (step.bar > 0 ? 6 : 5)
    return {...step, room: columns - value - step.bar - target - step.alert - verdict - between}
  })
  const [last = {bar: 0, alert: stack, room: 0}] = steps.slice(-1)
  const step = steps.find(({room}) => name + from <= room) ?? last
  const {room} = step
  const fixed = {bar: step.bar, stacked: step.alert === stack}
  if (room < leastName + leastFrom && room - name < from) {
    const nameWidth = Math.max(leastName, Math.min(name, room + gap))
    const left = Math.max(0, room + gap - nameWidth)
    return {
      ...fixed,
      widths: {name: nameWidth, value, target, alert: step.alert, verdict: verdict + left, from: 0},
    }
  }
  const least = Math.min(from, Math.max(leastFrom, room - name))
  const nameWidth = Math.min(name, Math.max(leastName, room - least))
  return {
    ...fixed,
    widths: {name: nameWidth, value, target, alert: step.alert, verdict, from: room - nameWidth},
  }
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (width(text) > width(best) ? text : best), '')
}
