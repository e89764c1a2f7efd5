import type {Sample} from '../../metrics/metric.ts'
import {finishedOf, pace, trendOf} from '../../report/pace.ts'
import type {HistoryFacts, TaskHistory, WindowFigures} from '../../snapshot/history.ts'
import {boundLines} from '../stats/bounds.ts'
import {trouble, valueCell, verdictCell} from '../stats/cells.ts'
import {type Cell, type Column, cell, type Table} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {count} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'
import {grid, numberCell, secondsCell, type Told, textCell} from './cells.ts'
import {addedUp, sparkline} from './sparkline.ts'
import {paceInWords, trendInWords, windowLength} from './words.ts'

/** All tasks together, or one task type. */
type Row = {
  name: string
  figures: TaskHistory
  before: WindowFigures | undefined
  /** By metric. */
  samples: ReadonlyMap<string, Sample>
}

/** Held against bounds: their columns, and what the bounds are called over the table. */
const judged = [
  {metric: 'task_success_ratio', title: 'success', worth: 100},
  {metric: 'task_failure_ratio', title: 'failure', worth: 78},
  {metric: 'task_retry_ratio', title: 'retries', worth: 60},
  {metric: 'task_failed_total', title: 'failed', worth: 76},
  {metric: 'task_runtime_seconds', title: 'average', worth: 70},
  {metric: 'task_runtime_p95_seconds', title: 'p95', worth: 92},
  {metric: 'task_wait_seconds', title: 'average wait', worth: 46},
  {metric: 'task_wait_p95_seconds', title: 'wait p95', worth: 48},
]

/** Task types, what is wrong first, then the busiest; all of them together on top. */
export function tasksTable(history: HistoryFacts, samples: readonly Sample[], view: View): Table {
  const rows = rowsOf(history, samples)
  const columns = judged.map(({metric, title}) => ({
    title,
    samples: samples.filter(sample => sample.metric === metric && sample.labels.task !== undefined),
  }))
  const ofTask = ({labels: {task}}: Sample) => clean(task ?? '')
  return {
    title: 'Per task',
    origin: '',
    about: [...boundLines(columns, ofTask), ...legends(history, samples, view)],
    ...grid(columnsOf(history, view), rows, view),
  }
}

function rowsOf({tasks, total, before}: HistoryFacts, samples: readonly Sample[]): Row[] {
  const byTask = new Map<string | null, Map<string, Sample>>()
  for (const sample of samples) {
    const task = sample.labels.task ?? null
    const own = byTask.get(task) ?? new Map<string, Sample>()
    byTask.set(task, own.set(sample.metric, sample))
  }
  const previous = new Map(before?.tasks.map(one => [one.task, one]))
  const worst = ({samples: own}: Row) => Math.max(0, ...[...own.values()].map(trouble))
  const rows = tasks
    .map((figures): Row => {
      // Without a name there is no figure of its own: those of the total are of all tasks.
      const own = figures.task === null ? undefined : byTask.get(figures.task)
      return {
        name: figures.task === null ? '(no name)' : clean(figures.task),
        ...{figures, before: previous.get(figures.task), samples: own ?? new Map()},
      }
    })
    .sort((a, b) => worst(b) - worst(a) || finishedOf(b.figures) - finishedOf(a.figures))
  const all: Row = {
    ...{name: '(all)', figures: total, before: before?.total},
    samples: byTask.get(null) ?? new Map(),
  }
  return rows.length === 1 ? rows : [all, ...rows]
}

function columnsOf(history: HistoryFacts, view: View): Told<Row>[] {
  const {coverage, failures} = history
  const {faint} = paletteFor(view)
  const held = (metric: string): Told<Row> => {
    const {title, worth} = judged.find(one => one.metric === metric) ?? {title: metric, worth: 1}
    return {
      ...right(title, worth),
      tell: ({samples}) => figureCell(samples.get(metric), view),
    }
  }
  const told = (title: string, worth: number, tell: (figures: TaskHistory) => Cell | null): Told<Row> => ({
    ...right(title, worth),
    tell: ({figures}) => tell(figures),
  })
  const exceptions = new Map(
    failures.filter(({at}) => at <= history.to).map(one => [one.task, one.exception]),
  )
  return [
    {title: 'task', align: 'left', least: 18, cut: 'middle', tell: ({name}) => cell(name)},
    told('received', 30, one => numberCell(one.received)),
    told('finished', 101, one => numberCell(finishedOf(one))),
    held('task_success_ratio'),
    held('task_failure_ratio'),
    held('task_failed_total'),
    held('task_retry_ratio'),
    told('retried', 20, one => numberCell(one.retried)),
    {...told('revoked', 19, one => numberCell(one.revoked)), rare: true},
    {...told('rejected', 18, one => numberCell(one.rejected)), rare: true},
    {...told('vanished', 62, one => numberCell(one.vanished)), rare: true},
    held('task_runtime_seconds'),
    told('p50', 56, one => secondsCell(one.runtime.p50)),
    held('task_runtime_p95_seconds'),
    told('p99', 54, one => secondsCell(one.runtime.p99)),
    held('task_wait_seconds'),
    told('wait p50', 42, one => secondsCell(one.wait.p50)),
    held('task_wait_p95_seconds'),
    told('wait p99', 40, one => secondsCell(one.wait.p99)),
    told('pace', 86, one => textCell(paceInWords(pace(one, coverage)))),
    {
      ...right('trend', 88),
      tell: ({figures, before}) => textCell(trendInWords(trendOf(history, figures, before), view)),
    },
    ...(view.fit
      ? [
          {
            ...({title: 'over time', align: 'left', worth: 90} as const),
            tell: ({figures: {succeededCurve, failedCurve}}: Row) =>
              textCell(sparkline(addedUp(succeededCurve, failedCurve), view)),
          },
        ]
      : []),
    {
      ...{title: 'verdict', align: 'left'},
      tell: ({samples}) =>
        filled(
          verdictCell(
            [...samples.values()].filter(({value}) => value !== null),
            view,
          ),
        ),
    },
    {
      ...{title: 'newest exception', align: 'left', worth: 0, least: 20, cut: 'end'},
      tell: ({figures: {task, failed}}) => {
        const exception = failed === 0 ? undefined : exceptions.get(task)
        return exception === undefined || task === null ? null : {parts: [clean(exception)], paint: faint}
      },
    },
  ]
}

function right(title: string, worth: number): Column {
  return {title, align: 'right', worth}
}

function figureCell(sample: Sample | undefined, view: View): Cell | null {
  return sample === undefined || sample.value === null ? null : valueCell(sample, view)
}

function filled(one: Cell): Cell | null {
  return one.parts.length === 0 ? null : one
}

function legends(history: HistoryFacts, samples: readonly Sample[], view: View): string[][] {
  const {total, before, coverage} = history
  const length = windowLength(history)
  const few = samples.filter(({level, value}) => level === 'not-enough-data' && value !== null)
  const needed = [...new Set(few.map(({leastSamples}) => count(leastSamples)))]
  return [
    ...(needed.length === 0
      ? []
      : [[`${symbolsFor(view).few} rests on fewer than ${needed.join(' or ')}: not judged`]]),
    ...(coverage.complete ? [] : [['* of a window that was not seen whole']]),
    ...(total.wait.count > 0 || finishedOf(total) === 0
      ? []
      : [['waits are not measured: the application sends no task-sent (task_send_sent_event)']]),
    before === null
      ? [`no trend: too little of the ${length} before was recorded`]
      : [`trend: pace over that of the ${length} before`],
  ]
}
