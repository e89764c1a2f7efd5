import {finishedOf, pace, trendOf} from '../../report/pace.ts'
import type {HistoryFacts, WindowFigures} from '../../snapshot/history.ts'

/** What `stats --json` has as `history`: counts, seconds, and the curves for whoever plots them. */
export function historyJson(history: HistoryFacts) {
  const {from, to, stepSeconds, coverage, gapSeconds, sharedNames, total, tasks, nodes, queues} = history
  const {before, failures, recorder} = history
  const of = (figures: WindowFigures, previous?: WindowFigures) => ({
    finished: finishedOf(figures),
    finishedPerSecond: pace(figures, coverage),
    trend: trendOf(history, figures, previous),
  })
  const previous = (task: string | null) => before?.tasks.find(one => one.task === task)
  return {
    window: {from, to, stepSeconds},
    coverage: {...coverage},
    gapSeconds,
    sharedNames: [...sharedNames],
    total: {...total, ...of(total, before?.total)},
    tasks: tasks.map(task => ({...task, ...of(task, previous(task.task))})),
    nodes: nodes.map(node => ({...node})),
    queues: queues.map(queue => ({...queue})),
    before: before === null ? null : {coverage: before.coverage, total: before.total},
    failures,
    recorder,
  }
}
