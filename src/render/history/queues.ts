import {finishedOf, pace} from '../../report/pace.ts'
import type {HistoryFacts, QueueHistory} from '../../snapshot/history.ts'
import {cell, type Table} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import type {View} from '../view.ts'
import {grid, numberCell, secondsCell, type Told, textCell} from './cells.ts'
import {sparkline} from './sparkline.ts'
import {paceInWords} from './words.ts'

/** How deep queues were, the deepest first, and what became of their tasks. */
export function queuesTable({queues, coverage}: HistoryFacts, view: View): Table {
  const rows = [...queues].sort(
    (a, b) => (b.mostDepth ?? -1) - (a.mostDepth ?? -1) || finishedOf(b) - finishedOf(a),
  )
  const told: Told<QueueHistory>[] = [
    {title: 'queue', align: 'left', least: 18, cut: 'middle', tell: ({queue}) => cell(clean(queue))},
    {title: 'average depth', align: 'right', worth: 90, tell: one => numberCell(one.averageDepth)},
    {title: 'most', align: 'right', worth: 100, tell: one => numberCell(one.mostDepth)},
    ...(view.fit
      ? [{...({title: 'over time', align: 'left', worth: 80} as const), tell: curveOf(view)}]
      : []),
    {title: 'finished', align: 'right', worth: 70, tell: one => numberCell(finishedOf(one))},
    {title: 'failed', align: 'right', worth: 60, tell: one => numberCell(one.failed)},
    {title: 'pace', align: 'right', worth: 50, tell: one => textCell(paceInWords(pace(one, coverage)))},
    {title: 'average wait', align: 'right', worth: 40, tell: one => secondsCell(one.wait.average)},
    {title: 'wait p95', align: 'right', worth: 30, tell: one => secondsCell(one.wait.p95)},
  ]
  return {title: 'Per queue', origin: '', about: [], ...grid(told, rows, view)}
}

function curveOf(view: View): Told<QueueHistory>['tell'] {
  return ({mostDepth, depthCurve}) => (mostDepth === null ? null : textCell(sparkline(depthCurve, view)))
}
