import {type LiveState, liveStates, type TaskList, type TaskRow} from '../../report/tasks.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {alignedGrid} from '../table/aligned.ts'
import {fittedGrid} from '../table/fitted.ts'
import {type Cell, type Column, cell, drawTable} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, plural} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {symbolsFor} from '../text/symbols.ts'
import {targetLine} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'

type Seen = Pick<Snapshot, 'target' | 'takenAt'>

/** The tasks, one a row, and what is true of them together; with `rest`, a line for each live state that is not listed. */
export async function renderTasks(
  list: TaskList,
  seen: Seen,
  view: View,
  {rest}: {rest: boolean},
): Promise<string> {
  const palette = paletteFor(view)
  const grid = view.fit ? await fittedGrid() : alignedGrid
  const columns = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const blocks: string[] = []
  if (view.verbosity !== 'quiet')
    blocks.push(wrap(targetLine(seen, view), columns).map(palette.faint).join('\n'))
  blocks.push(
    list.tasks.length === 0
      ? [
          palette.strong(titleOf(list)),
          ...notesOf(list)
            .flatMap(note => wrap(note, columns))
            .map(palette.faint),
        ].join('\n')
      : drawTable({...taskTable(list, seen.takenAt, view), rest: restOf(list, view)}, grid, view),
  )
  if (rest && list.live !== null) blocks.push(otherStates(list.live, seen, palette).join('\n'))
  return `${blocks.join('\n\n')}\n`
}

const uuidLength = 36
const roomForIds = 60

/** A column, and what it says of a task. */
type Drawn = Column & {of: (row: TaskRow) => Cell}

function taskTable(list: TaskList, takenAt: string, view: View) {
  const palette = paletteFor(view)
  const all: Drawn[] = [
    {
      // What is to be copied stays whole wherever there is room for it.
      ...{title: 'id', align: 'left', least: view.columns < roomForIds ? 13 : uuidLength, cut: 'middle'},
      of: ({id}) => text(id),
    },
    {title: 'task', align: 'left', least: 16, cut: 'middle', of: ({task}) => text(task)},
    {title: 'state', align: 'left', worth: 9, of: row => stateCell(row, palette)},
    {title: 'node', align: 'left', worth: 6, least: 12, cut: 'middle', of: ({node}) => text(node)},
    {title: 'queue', align: 'left', worth: 5, least: 8, cut: 'middle', of: ({queue}) => text(queue)},
    {title: 'age', align: 'right', worth: 8, of: ({ageSeconds}) => seconds(ageSeconds)},
    {title: 'ETA', align: 'left', worth: 7, of: ({eta}) => text(eta === null ? null : etaOf(eta, takenAt))},
    {title: 'runtime', align: 'right', worth: 4, of: ({runtimeSeconds}) => seconds(runtimeSeconds)},
    {
      ...{title: 'exception', align: 'left', worth: 3, least: 20, cut: 'end'},
      of: ({exception}) => ({...text(exception), paint: palette.faint}),
    },
  ]
  const single = list.states.length === 1
  // A script counts on all columns; a reader can do without the empty ones.
  const columns = all.filter(
    ({title, of}) =>
      !view.fit || (list.tasks.some(row => of(row).parts.length > 0) && !(single && title === 'state')),
  )
  return {
    title: titleOf(list),
    origin: '',
    about: notesOf(list).map(note => [note]),
    columns,
    rows: list.tasks.map(row => columns.map(({of}) => of(row))),
  }
}

const text = (words: string | null) => (words === null || words === '' ? cell() : cell(clean(words)))
const seconds = (value: number | null) => cell(value === null ? '' : duration(value))

function stateCell({state}: TaskRow, palette: Palette): Cell {
  const paint = state === 'failed' ? palette.bad : state === 'revoked' ? palette.warn : undefined
  return {parts: [state], ...(paint === undefined ? {} : {paint})}
}

/** `2026-11-23 10:31:05 UTC`, and how far off. */
function etaOf(eta: string, takenAt: string): string {
  const left = (Date.parse(eta) - Date.parse(takenAt)) / 1000
  if (Number.isNaN(left)) return eta
  return left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`
}

function titleOf({states, matched, live}: TaskList): string {
  const words = states.map(({state}) => state)
  const joint = matched === 0 ? 'or' : 'and'
  const kinds =
    words.length > 1 ? `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}` : (words[0] ?? '')
  const unknown = states.some(({state}) => isLive(state) && live !== null && live[state].total === null)
  return `${matched === 0 ? (unknown ? 'No known' : 'No') : count(matched)} ${kinds} ${matched === 1 ? 'task' : 'tasks'}`
}

/** What holds for the list: where it comes from and how much of all there is was seen. */
export function notesOf(list: TaskList): string[] {
  const {states, live, finished, ageUnknown, nameless} = list
  return [
    ...states.flatMap(({state, seen}) => (isLive(state) ? liveNotes(state, seen, list) : [])),
    ...(live !== null &&
    states.some(({state}) => isLive(state) && state !== 'waiting') &&
    live.running.total === null
      ? ['the nodes were not asked: what runs, is reserved or scheduled is not known']
      : []),
    ...(finished === null ? [] : finishedNotes(finished)),
    ...(nameless > 0 && finished?.from === 'results'
      ? ['"-" for a name: the application keeps none with its results; result_extended=True does']
      : []),
    ...(ageUnknown > 0 ? [`${plural(ageUnknown, 'task')} without a known age left out`] : []),
  ]
}

function isLive(state: string): state is LiveState {
  return (liveStates as readonly string[]).includes(state)
}

function liveNotes(state: LiveState, seen: number, {live}: TaskList): string[] {
  const total = live?.[state].total ?? null
  if (state === 'scheduled' && total === null && live !== null && live.running.total !== null)
    return [
      'scheduled: the nodes were not asked, or did not tell: more messages are unacknowledged than they can list at once',
    ]
  if (total === null || seen >= total) return []
  return state === 'waiting'
    ? [`waiting: a sample of ${count(seen)}, from the ends of the queues, of ${count(total)}`]
    : [`${state}: the first ${count(seen)} of ${count(total)}`]
}

function finishedNotes({from, notFlower, looked, complete}: NonNullable<TaskList['finished']>): string[] {
  const source = from === 'flower' ? 'from Flower' : 'from the result backend'
  const how = complete ? 'all' : from === 'flower' ? 'the newest' : 'a sample of'
  return [
    `ended: ${source}, ${how} ${count(looked)}`,
    ...(notFlower === null ? [] : [`not from Flower: ${clean(notFlower)}`]),
  ]
}

function restOf({matched, tasks}: TaskList, view: View): string {
  const left = matched - tasks.length
  if (left <= 0) return ''
  return `${symbolsFor(view).ellipsis} and ${count(left)} more: --limit ${matched}`
}

const others = ['reserved', 'scheduled', 'waiting'] as const

/** `waiting    1,204 in celery, mail   hub-mon tasks --waiting` */
function otherStates(
  live: NonNullable<TaskList['live']>,
  {target, takenAt}: Seen,
  palette: Palette,
): string[] {
  const lines = others.map(state => {
    const {total, places, nextEta} = live[state]
    const where = total === null || total === 0 ? '' : placesOf(places, state === 'waiting' ? 'in' : 'on')
    const next = nextEta === null ? '' : `, next ${etaOf(nextEta, takenAt)}`
    return {state, words: `${total === null ? 'not known' : count(total)}${where}${next}`, some: total !== 0}
  })
  return lines.flatMap(({state, words, some}) => [
    `${state.padEnd(9)}  ${clean(words)}`,
    ...(some
      ? [
          palette.faint(
            `${' '.repeat(11)}${clean(commandLine(['hub-mon', 'tasks', `--${state}`, ...target.flags]))}`,
          ),
        ]
      : []),
  ])
}

function placesOf(places: readonly string[], word: string): string {
  const shown = places.slice(0, 3).join(', ')
  const more = places.length > 3 ? ` and ${count(places.length - 3)} more` : ''
  return places.length === 0 ? '' : ` ${word} ${shown}${more}`
}
