import type {Sample} from '../../metrics/metric.ts'
import type {HistoryFacts} from '../../snapshot/history.ts'
import type {Grouping} from '../stats/sections.ts'
import type {Table} from '../table/table.ts'
import type {View} from '../view.ts'
import {nodesTable} from './nodes.ts'
import {queuesTable} from './queues.ts'
import {tasksTable} from './tasks.ts'

/** What a window tells of tasks, queues and nodes, a row each. */
export function historyTables(
  history: HistoryFacts,
  samples: readonly Sample[],
  by: Grouping | undefined,
  view: View,
): Table[] {
  const wanted = (grouping: Grouping) => by === undefined || by === grouping
  return [
    ...(wanted('task') ? [tasksTable(history, samples, view)] : []),
    ...(wanted('queue') ? [queuesTable(history, view)] : []),
    ...(wanted('worker') ? [nodesTable(history, view)] : []),
  ].filter(({rows}) => rows.length > 0)
}
