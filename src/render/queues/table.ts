import {isQuiet, type QueueRow} from '../../report/queues.ts'
import {type CeleryFacts, silentInWords, type TakenAway} from '../../snapshot/celery.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {alignedGrid} from '../table/aligned.ts'
import {fittedGrid} from '../table/fitted.ts'
import {type Cell, type Column, cell, drawTable} from '../table/table.ts'
import {bytes} from '../text/bytes.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, plural} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {targetLine} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {bytesOf} from './json.ts'

type Seen = Pick<Snapshot, 'target' | 'takenAt'>

/** With fewer, every queue has its row. */
const leastFolded = 10
/** On a terminal: with what stands above and below them, these fit a screen. */
const mostRows = 30
const mostTasks = 3

/** The queues, one a row, the worst first; what is empty and well is one line together, unless all are wanted. */
export async function renderQueues(
  rows: readonly QueueRow[],
  celery: CeleryFacts,
  seen: Seen,
  view: View,
  {all}: {all: boolean},
): Promise<string> {
  const palette = paletteFor(view)
  const grid = view.fit ? await fittedGrid() : alignedGrid
  const columns = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const folds = !all && rows.length > leastFolded
  const moving = folds ? rows.filter(row => !isQuiet(row)) : [...rows]
  const shown = folds && view.fit ? moving.slice(0, mostRows) : moving
  const blocks: string[] = []
  if (view.verbosity !== 'quiet')
    blocks.push(wrap(targetLine(seen, view), columns).map(palette.faint).join('\n'))
  const title = titleOf(rows)
  const about = aboutOf(celery)
  const rest = foldedLine(
    {short: moving.length - shown.length, empty: rows.length - moving.length},
    seen.target.flags,
  )
  blocks.push(
    shown.length === 0
      ? [palette.strong(title), ...about.flatMap(line => wrap(line, columns)), ...(rest === '' ? [] : [rest])]
          .map((line, place) => (place === 0 ? line : palette.faint(line)))
          .join('\n')
      : drawTable(
          {title, origin: '', about: about.map(line => [line]), ...tableOf(shown, view), rest},
          grid,
          view,
        ),
  )
  const last = lastLines(rows, celery, seen.target.flags, palette)
  if (last.length > 0) blocks.push(last.join('\n'))
  return `${blocks.join('\n\n')}\n`
}

function titleOf(rows: readonly QueueRow[]): string {
  const ready = rows.reduce((sum, row) => sum + row.ready, 0)
  if (rows.length === 0) return 'No queues'
  return `${plural(rows.length, 'queue')}, ${ready === 0 ? 'nothing waits' : `${plural(ready, 'message')} ready`}`
}

function aboutOf(celery: CeleryFacts): string[] {
  const {unacked, probe} = celery
  const silent = silentInWords(celery)
  return [
    ...(probe === null ? ['the nodes were not asked: who consumes is not known'] : []),
    ...(silent === null ? [] : [`${silent}; what silent nodes consume is not known`]),
    ...(probe?.subscribers === 0 ? ['no node is connected: nobody consumes'] : []),
    ...((unacked.messages ?? 0) > 0
      ? [
          `${plural(unacked.messages ?? 0, 'message')} delivered and not acknowledged${
            unacked.oldestSeconds === null ? '' : `, the oldest for ${duration(unacked.oldestSeconds)}`
          }`,
        ]
      : []),
  ]
}

type Drawn = Column & {of: (row: QueueRow) => Cell}

function tableOf(rows: readonly QueueRow[], view: View): {columns: Column[]; rows: Cell[][]} {
  const palette = paletteFor(view)
  const drawn: Drawn[] = [
    {title: 'queue', align: 'left', least: 12, cut: 'middle', of: ({name}) => cell(clean(name))},
    {title: 'ready', align: 'right', of: ({ready}) => cell(count(ready))},
    {title: 'by priority', align: 'left', worth: 3, of: row => priorityCell(row)},
    {title: 'unacked', align: 'right', worth: 6, of: ({unacked}) => numberCell(unacked)},
    {title: 'consumers', align: 'right', worth: 9, of: row => consumersCell(row, palette)},
    {title: 'in/s', align: 'right', worth: 7, of: ({inPerSecond}) => rateCell(inPerSecond)},
    {title: 'out/s', align: 'right', worth: 7, of: ({outPerSecond}) => rateCell(outPerSecond)},
    {title: 'empty in', align: 'right', worth: 8, of: row => drainCell(row, palette)},
    {title: 'oldest', align: 'left', worth: 5, least: 12, cut: 'end', of: row => oldestCell(row, palette)},
    {title: 'waiting', align: 'left', worth: 4, least: 16, cut: 'end', of: row => waitingCell(row)},
    {title: 'size', align: 'right', worth: 2, of: row => sizeCell(row)},
    {
      ...{title: 'remarks', align: 'left', worth: 10, least: 18, cut: 'wrap'},
      of: row => remarksCell(row, palette),
    },
  ]
  // A script counts on all columns; a reader can do without the empty ones.
  const columns = drawn.filter(({of}) => !view.fit || rows.some(row => of(row).parts.length > 0))
  return {columns, rows: rows.map(row => columns.map(({of}) => of(row)))}
}

const numberCell = (value: number | null) => cell(value === null ? '' : count(value))

/** `0: 12, 9: 1`, when not all are of the most urgent. */
function priorityCell({byPriority}: QueueRow): Cell {
  const used = Object.entries(byPriority).filter(([, messages]) => messages > 0)
  if (used.every(([step]) => step === '0')) return cell()
  return cell(used.map(([step, messages]) => `${step}: ${count(messages)}`).join(', '))
}

function consumersCell({consumers, ready}: QueueRow, palette: Palette): Cell {
  if (consumers === null) return cell()
  return {
    parts: [count(consumers.length)],
    ...(consumers.length === 0 && ready > 0 ? {paint: palette.bad} : {}),
  }
}

function rateCell(perSecond: number | null): Cell {
  if (perSecond === null) return cell()
  return cell(perSecond >= 10 ? count(Math.round(perSecond)) : String(Number(perSecond.toFixed(1))))
}

function drainCell({trend, drainSeconds, ready}: QueueRow, palette: Palette): Cell {
  if (trend === 'grows') return {parts: ['grows'], paint: palette.warn}
  return ready === 0 || drainSeconds === null ? cell() : cell(duration(drainSeconds))
}

function oldestCell({sample, flow}: QueueRow, palette: Palette): Cell {
  const task = sample?.oldest?.task ?? null
  const lies = flow?.headUnchanged === true
  return {
    ...cell(
      task === null ? '' : `${clean(task)}${lies ? ',' : ''}`,
      lies ? `unchanged for ${duration(Number(flow.seconds.toFixed(1)))}` : '',
    ),
    ...(lies ? {paint: palette.warn} : {}),
  }
}

/** `40 app.send, 2 app.clean`; of a sample, in percent. */
function waitingCell({sample}: QueueRow): Cell {
  if (sample === null || sample.messages === 0) return cell()
  const shown = sample.byTask.slice(0, mostTasks).map(({task, messages}) => {
    const share = sample.complete ? count(messages) : `${Math.round((messages / sample.messages) * 100)} %`
    return `${share} ${task === null ? '(no name)' : clean(task)}`
  })
  const more = sample.byTask.length - shown.length
  return cell([...shown, ...(more > 0 ? [`${more} more`] : [])].join(', '))
}

function sizeCell(row: QueueRow): Cell {
  const size = row.ready === 0 ? null : bytesOf(row)
  return cell(size === null ? '' : bytes(size))
}

function remarksCell({remarks}: QueueRow, palette: Palette): Cell {
  const words = remarks.map(({text}, place) => clean(text) + (place + 1 < remarks.length ? ';' : ''))
  return {...cell(...words), paint: palette.warn}
}

function foldedLine({short, empty}: {short: number; empty: number}, flags: readonly string[]): string {
  const folded = [
    ...(short === 0 ? [] : [plural(short, 'shorter queue')]),
    ...(empty === 0 ? [] : [plural(empty, 'empty queue')]),
  ]
  if (folded.length === 0) return ''
  const command = clean(commandLine(['hub-mon', 'queues', '--all', ...flags]))
  return `and ${folded.join(' and ')}: ${command}`
}

/** What is to be done, with the command to type. Never broken: it must survive being copied. */
function lastLines(
  rows: readonly QueueRow[],
  {takenAway = []}: CeleryFacts,
  flags: readonly string[],
  palette: Palette,
): string[] {
  const doctor = clean(commandLine(['hub-mon', 'doctor', ...flags]))
  const wrong = rows.filter(({remarks}) => remarks.length > 0).length
  return [
    ...takenAway.map(taken => takenLine(taken, flags, palette)),
    ...(wrong > 0
      ? [`${palette.warn(plural(wrong, 'queue'))} with a remark. Next: ${palette.command(doctor)}`]
      : []),
  ]
}

function takenLine({id, queue, messages}: TakenAway, flags: readonly string[], palette: Palette): string {
  const command = clean(commandLine(['hub-mon', 'queues', 'restore', id, ...flags]))
  const all = messages === null ? 'Messages' : plural(messages, 'message')
  return `${palette.warn(`${all} of ${clean(queue)}`)} lie aside, from a purge or a restore that did not end. Next: ${palette.command(command)}`
}
