import type {Ping} from '../../report/ping.ts'
import {alignedGrid} from '../table/aligned.ts'
import {fittedGrid} from '../table/fitted.ts'
import {type Cell, type Column, cell, drawTable} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, plural} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'

/** Where a terminal has more, the silent and the slowest are shown. */
const mostShown = 20

/** Who answered, the slowest first, and who did not; `next` is the command that tells more of those. */
export async function renderPing(ping: Ping, next: string, view: View): Promise<string> {
  const palette = paletteFor(view)
  const symbols = symbolsFor(view)
  const {answered, silent, gone, nameless, unreadable} = ping
  const slowest = [...answered].sort((a, b) => b.seconds - a.seconds)
  const shown = view.fit ? slowest.slice(0, Math.max(0, mostShown - silent.length)) : slowest
  const columns: Column[] = [
    {title: 'node', align: 'left', least: 18, cut: 'middle'},
    {title: 'answer', align: 'left', least: 6, cut: 'end'},
  ]
  const unheard = (name: string, word: string): Cell[] => [
    cell(clean(name)),
    {parts: [`${symbols.critical} ${word}`], paint: palette.bad},
  ]
  const rows = [
    ...silent.map(name => unheard(name, 'silent')),
    ...shown.map(({name, seconds}) => [
      cell(clean(name)),
      {parts: [`${symbols.pass} ${duration(seconds)}`], paint: palette.good},
    ]),
  ]
  const left = answered.length - shown.length
  const table = {
    ...{title: summary(ping), origin: '', about: [], columns, rows},
    rest: left > 0 ? `${symbols.ellipsis} and ${count(left)} more that were faster` : '',
  }
  const room = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const notes = [
    ...(unreadable > 0
      ? [
          `${plural(unreadable, 'node')} answered in pickle, which is never opened: alive, but not told by name`,
        ]
      : []),
    ...(nameless > 0
      ? [`${plural(nameless, 'node')} without a known name ${nameless === 1 ? 'is' : 'are'} silent`]
      : []),
    ...(silent.length + nameless > 0
      ? [`silent: hung, busy in a solo pool, or not connected. Next: ${next}`]
      : []),
    ...(gone.length > 0 ? [`known, but not connected any more: ${named(gone)}`] : []),
  ]
  const grid = view.fit ? await fittedGrid() : alignedGrid
  const body = rows.length === 0 ? `${summary(ping)}` : drawTable(table, grid, view)
  return `${[body, ...notes.flatMap(note => wrap(clean(note), room)).map(palette.faint)].join('\n')}\n`
}

function summary({answered, unreadable, silent, nameless, seconds}: Ping): string {
  const all = answered.length + unreadable + silent.length + nameless
  if (all === 0) return 'No node is connected to Redis.'
  return `${count(answered.length + unreadable)} of ${plural(all, 'node')} answered within ${duration(seconds)}`
}

function named(names: readonly string[]): string {
  const rest = names.length - 5
  return rest > 0 ? `${names.slice(0, 5).join(', ')} and ${rest} more` : names.join(', ')
}
