import {finishedOf, pace} from '../../report/pace.ts'
import type {HistoryFacts, NodeHistory} from '../../snapshot/history.ts'
import {type Cell, cell, type Table} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {moment} from '../text/target.ts'
import type {View} from '../view.ts'
import {grid, numberCell, secondsCell, type Told, textCell} from './cells.ts'
import {paceInWords} from './words.ts'

/** What each node did in the window; those that are away first. */
export function nodesTable({nodes, coverage}: HistoryFacts, view: View): Table {
  const {faint} = paletteFor(view)
  const rows = [...nodes].sort(
    (a, b) => Number(a.online ?? true) - Number(b.online ?? true) || finishedOf(b) - finishedOf(a),
  )
  const state = ({online}: NodeHistory): Cell | null =>
    online === null ? null : cell(online ? 'online' : 'offline')
  const told: Told<NodeHistory>[] = [
    {title: 'node', align: 'left', least: 18, cut: 'middle', tell: ({node}) => cell(clean(node))},
    {title: 'now', align: 'left', worth: 90, tell: state},
    {title: 'received', align: 'right', worth: 60, tell: one => numberCell(one.received)},
    {title: 'finished', align: 'right', worth: 100, tell: one => numberCell(finishedOf(one))},
    {title: 'failed', align: 'right', worth: 80, tell: one => numberCell(one.failed)},
    {title: 'retried', align: 'right', worth: 50, rare: true, tell: one => numberCell(one.retried)},
    {title: 'vanished', align: 'right', worth: 55, rare: true, tell: one => numberCell(one.vanished)},
    {title: 'pace', align: 'right', worth: 70, tell: one => textCell(paceInWords(pace(one, coverage)))},
    {title: 'average', align: 'right', worth: 40, tell: one => secondsCell(one.runtime.average)},
    {title: 'p95', align: 'right', worth: 45, tell: one => secondsCell(one.runtime.p95)},
    {
      ...{title: 'since', align: 'left', worth: 20},
      tell: ({since}) => (since === null ? null : {parts: [clean(moment(since))], paint: faint}),
    },
  ]
  return {title: 'Per node', origin: '', about: [], ...grid(told, rows, view)}
}
