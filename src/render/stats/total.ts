import type {Sample} from '../../metrics/metric.ts'
import {type Cell, type Column, cell, type Table} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {bound} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'
import {alertBounds} from './bounds.ts'
import {basisOf, originOf, sourceOf, valueCell, verdictCell} from './cells.ts'

const columns: Column[] = [
  {title: 'metric', align: 'left', least: 12, cut: 'end'},
  {title: 'value', align: 'right'},
  {title: 'target', align: 'left', worth: 4},
  {title: 'alert', align: 'left', worth: 2, least: 10, cut: 'wrap'},
  {title: 'verdict', align: 'left'},
  {title: 'from', align: 'left', worth: 3, least: 11, cut: 'wrap'},
]

/** Narrower than this, notes stand over the table and not beside a figure. */
const roomForNotes = 110

/** The figures of the whole hub, a row a metric: they have little in common. */
export function totalTable(samples: readonly Sample[], takenAt: string, view: View): Table {
  const {faint} = paletteFor(view)
  const beside = !view.fit || view.columns >= roomForNotes
  const tasks = samples.filter(isOfTasks).filter(({value}) => value !== null)
  const origins = new Set(tasks.map(sample => originOf(sample, takenAt)))
  const origin = origins.size === 1 ? [...origins].join('') : ''
  const alone = samples.every(isOfTasks)
  const rows = samples.map((sample): Cell[] => [
    cell(clean(sample.title)),
    valueCell(sample, view),
    cell(sample.target === null ? '' : bound(sample.target, sample.unit)),
    alertCell(sample, view),
    verdictCell([sample], view),
    {...cell(...fromParts(sample, takenAt, origin !== '', beside ? noteOf(sample) : '')), paint: faint},
  ])
  return {
    title: 'In total',
    origin: origin === '' || alone ? origin : `tasks: ${origin}; the rest: now`,
    about: beside
      ? []
      : samples.flatMap(({title, note}) => (note === undefined ? [] : [[`${title}:`, note]])),
    columns,
    rows,
    rest: '',
  }
}

function isOfTasks({metric}: Sample): boolean {
  return metric.startsWith('task_')
}

/** `Flower, last 12 min, of 214`; where source and window of tasks are said over the table, the rest alone. */
function fromParts(sample: Sample, takenAt: string, said: boolean, note: string): string[] {
  const isKnown = sample.value !== null || sample.samples !== null
  const origin =
    !isKnown || (said && isOfTasks(sample)) ? '' : said ? sourceOf(sample) : originOf(sample, takenAt)
  const from = [origin, basisOf(sample)].filter(part => part !== '')
  return [
    ...from.map((part, place) => (place + 1 < from.length ? `${part},` : note === '' ? part : `${part};`)),
    note,
  ]
}

/** `! > 5 %` on a terminal, where the verdict beside explains the symbol; in words when piped. */
function alertCell(sample: Sample, view: View): Cell {
  const symbols = symbolsFor(view)
  const bounds = alertBounds(sample)
  if (view.fit) return cell(...bounds.map(({level, held}) => `${symbols[level]} ${held}`))
  return cell(bounds.map(({level, held}) => `${level} ${held}`).join(', '))
}

function noteOf({note, level}: Sample): string {
  return clean(note ?? (level === 'not-measured' ? 'no source could tell' : ''))
}
