import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import {truncate, width, wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {type Cells, cellsOf} from './cells.ts'
import type {Section} from './sections.ts'

/** A sample's row, or the name that stands over the rows of a group. */
type Row = {name: string; cells: Cells | null}
/** What gave way so that the table fits the terminal. */
type Layout = {bar: boolean; stacked: boolean; nameWidth: number; fromWidth: number}

const gap = 2
const leastName = 12
const leastFrom = 14

/** For a terminal: laid out by cli-table3, and never wider than the terminal. */
export async function drawFitted(section: Section, takenAt: string, view: View): Promise<string> {
  const {default: Table} = await import('cli-table3')
  const palette = paletteFor(view)
  const {ellipsis} = symbolsFor(view)
  const rows = rowsOf(section, takenAt, view)
  const layout = layOut(rows, view.columns)
  const header = ['', 'value', ...(layout.bar ? [''] : []), 'target', 'alert', 'verdict', 'from']
  const table = new Table({
    head: header.map(palette.faint),
    colAligns: header.map((_name, column) => (column === 1 ? 'right' : 'left')),
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0},
    chars: {...noBorders, middle: ' '.repeat(gap)},
  })
  for (const {name, cells} of rows) {
    const shown = truncate(name, layout.nameWidth, ellipsis)
    if (cells === null) table.push([{content: shown, colSpan: header.length}])
    else
      table.push([
        shown,
        cells.value,
        ...(layout.bar ? [cells.bar] : []),
        cells.target,
        cells.alerts.join(layout.stacked ? '\n' : ' '),
        cells.verdict,
        wrap(cells.from, layout.fromWidth).map(palette.faint).join('\n'),
      ])
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

/** One line a thing where it has one figure, else its name with its figures beneath. */
function rowsOf(section: Section, takenAt: string, view: View): Row[] {
  return section.groups.flatMap(({name, samples}) => {
    const rows = samples.map(sample => cellsOf(sample, takenAt, view))
    if (section.label === null) return rows.map(cells => ({name: cells.metric, cells}))
    return [{name: clean(name), cells: null}, ...rows.map(cells => ({name: `  ${cells.metric}`, cells}))]
  })
}

/** Gives way in this order: the bars, alerts side by side, the source on one line, long names. */
function layOut(rows: readonly Row[], columns: number): Layout {
  const widest = (text: (row: Row) => string) => Math.max(0, ...rows.map(row => width(text(row))))
  const cell = (pick: (cells: Cells) => string, title: string) =>
    Math.max(
      title.length,
      widest(({cells}) => (cells === null ? '' : pick(cells))),
    )
  const name = widest(({name, cells}) => (cells === null ? '' : name))
  const from = cell(({from}) => from, 'from')
  const bar = widest(({cells}) => cells?.bar ?? '')
  const fixed =
    cell(({value}) => value, 'value') +
    cell(({target}) => target, 'target') +
    cell(({verdict}) => verdict, 'verdict')
  const side = cell(({alerts}) => alerts.join(' '), 'alert')
  const stack = cell(({alerts}) => longest(alerts), 'alert')
  const needs = (layout: {bar: boolean; stacked: boolean}) =>
    fixed + (layout.bar ? bar + gap : 0) + (layout.stacked ? stack : side) + gap * 5
  const steps = [
    {bar: bar > 0, stacked: false},
    {bar: false, stacked: false},
    {bar: false, stacked: true},
  ]
  const fits = steps.find(step => name + from + needs(step) <= columns)
  const step = fits ?? {bar: false, stacked: true}
  const room = columns - needs(step)
  const fromWidth = Math.min(from, Math.max(leastFrom, room - name))
  const nameWidth = Math.min(name, Math.max(leastName, room - fromWidth))
  return {...step, nameWidth, fromWidth}
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (width(text) > width(best) ? text : best), '')
}
