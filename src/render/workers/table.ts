import {type Cell, type Column, cell, type Table} from '../table/table.ts'
import {bytes} from '../text/bytes.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, percent} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {type Symbols, symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'
import type {Group} from './groups.ts'
import type {Worker, WorkerState} from './rows.ts'

type Drawn = Column & {cellOf: (group: Group) => Cell}

/** A row a node, or a row for many that are alike; columns of which nothing is known are left out. */
export function workersTable(groups: readonly Group[], title: string, origin: string, view: View): Table {
  const palette = paletteFor(view)
  const symbols = symbolsFor(view)
  const drawn = columnsFor(palette, symbols).map(column => ({...column, cells: groups.map(column.cellOf)}))
  const isGrouped = groups.some(({workers}) => workers.length > 1)
  const columns = drawn.filter(({title: name, cells}) =>
    name === 'nodes' ? isGrouped : cells.some(({parts}) => parts.length > 0),
  )
  return {
    title,
    origin,
    about: [],
    columns,
    rows: groups.map((_group, place) => columns.map(({cells}) => cells[place] ?? cell())),
    rest: '',
  }
}

function columnsFor(palette: Palette, symbols: Symbols): Drawn[] {
  const {faint} = palette
  return [
    {
      ...{title: 'node', align: 'left', least: 18, cut: 'middle'},
      cellOf: ({name}) => cell(clean(name)),
    },
    {
      ...{title: 'nodes', align: 'right'},
      cellOf: ({workers}) => cell(count(workers.length)),
    },
    {
      ...{title: 'state', align: 'left', worth: 30},
      cellOf: group => stateCell(group, palette, symbols),
    },
    {
      ...{title: 'pool', align: 'left', worth: 20},
      cellOf: ({workers}) => cell(only(workers.map(poolOf), symbols)),
    },
    {
      ...{title: 'running', align: 'right', worth: 29},
      cellOf: ({workers}) => cell(sumOf(workers, ({running}) => running?.length ?? null)),
    },
    {
      ...{title: 'oldest', align: 'right', worth: 19},
      cellOf: ({workers}) =>
        cell(mostOf(workers, ({oldestRunningSeconds}) => oldestRunningSeconds, duration)),
    },
    {
      ...{title: 'reserved', align: 'right', worth: 18},
      cellOf: ({workers}) => cell(sumOf(workers, ({reserved}) => reserved)),
    },
    {
      ...{title: 'scheduled', align: 'right', worth: 12},
      cellOf: ({workers}) => cell(sumOf(workers, ({scheduled}) => scheduled)),
    },
    {
      ...{title: 'prefetch', align: 'right', worth: 4},
      cellOf: ({workers}) => cell(sumOf(workers, ({prefetch}) => prefetch)),
    },
    {
      ...{title: 'queues', align: 'left', worth: 17, least: 12, cut: 'end'},
      cellOf: ({workers}) =>
        cell(
          only(
            workers.map(({queues}) => (queues === null ? '' : queues.map(clean).join(', '))),
            symbols,
          ),
        ),
    },
    {
      ...{title: 'accepted', align: 'right', worth: 9},
      cellOf: ({workers}) => cell(sumOf(workers, ({accepted}) => accepted)),
    },
    {
      ...{title: 'per second', align: 'right', worth: 16},
      cellOf: ({workers}) => cell(sumOf(workers, ({acceptedPerSecond}) => acceptedPerSecond)),
    },
    {
      ...{title: 'up', align: 'right', worth: 10},
      cellOf: ({workers}) => cell(leastOf(workers, ({uptimeSeconds}) => uptimeSeconds, duration)),
    },
    {
      ...{title: 'version', align: 'left', worth: 6},
      cellOf: ({workers}) =>
        cell(
          only(
            workers.map(({version}) => clean(version ?? '')),
            symbols,
          ),
        ),
    },
    {
      ...{title: 'answer', align: 'right', worth: 3},
      cellOf: ({workers}) => ({
        ...cell(mostOf(workers, ({answerSeconds}) => answerSeconds, duration)),
        paint: faint,
      }),
    },
    {
      ...{title: 'CPU', align: 'right', worth: 15},
      cellOf: ({workers}) => cell(mostOf(workers, ({container}) => container?.cpuRatio ?? null, percent)),
    },
    {
      ...{title: 'memory', align: 'right', worth: 14},
      cellOf: ({workers}) => cell(mostOf(workers, ({container}) => container?.memoryBytes ?? null, bytes)),
    },
  ]
}

const marks: Record<WorkerState, {symbol: keyof Symbols; paint: keyof Palette}> = {
  online: {symbol: 'pass', paint: 'good'},
  busy: {symbol: 'pass', paint: 'good'},
  hung: {symbol: 'critical', paint: 'bad'},
  gone: {symbol: 'warning', paint: 'warn'},
  silent: {symbol: 'unknown', paint: 'odd'},
  known: {symbol: 'skipped', paint: 'faint'},
}
/** Where a row stands for several nodes, the worst of them. */
const worstFirst: WorkerState[] = ['hung', 'silent', 'gone', 'known', 'online', 'busy']

function stateCell({workers}: Group, palette: Palette, symbols: Symbols): Cell {
  const state = worstFirst.find(one => workers.some(worker => worker.state === one)) ?? 'known'
  const duplicate = workers.some(worker => worker.duplicate)
  const {symbol, paint} = duplicate ? marks.gone : marks[state]
  return {
    parts: [`${symbols[symbol]} ${duplicate ? `${state}, twice` : state}`],
    paint: palette[paint],
  }
}

/** `prefork 2`; a pool that did not tell its kind has its size alone. */
function poolOf({pool, poolProcesses, concurrency}: Worker): string {
  const size = poolProcesses ?? concurrency
  return [pool === null ? '' : clean(pool), size === null ? '' : String(size)].join(' ').trim()
}

/** What they share; a dash of several where they do not. */
function only(texts: readonly string[], {ellipsis}: Symbols): string {
  const all = [...new Set(texts)]
  return all.length > 1 ? ellipsis : (all[0] ?? '')
}

type Figure = (worker: Worker) => number | null

function figures(workers: readonly Worker[], figure: Figure): number[] {
  return workers.flatMap(worker => figure(worker) ?? [])
}

function sumOf(workers: readonly Worker[], figure: Figure): string {
  const told = figures(workers, figure)
  return told.length === 0 ? '' : count(told.reduce((sum, one) => sum + one, 0))
}

/** Of several the highest: `≤ 40 ms`. */
function mostOf(workers: readonly Worker[], figure: Figure, say: (value: number) => string): string {
  const told = figures(workers, figure)
  if (told.length === 0) return ''
  return `${workers.length > 1 ? 'to ' : ''}${say(Math.max(...told))}`
}

/** Of several the lowest: `from 4 min`. */
function leastOf(workers: readonly Worker[], figure: Figure, say: (value: number) => string): string {
  const told = figures(workers, figure)
  if (told.length === 0) return ''
  return `${workers.length > 1 ? 'from ' : ''}${say(Math.min(...told))}`
}
