import type {AlertRow} from '../../alerts/rows.ts'
import type {Metric} from '../../metrics/metric.ts'
import type {RuleSource, TaskEvent} from './source.ts'

/** PromQL that is true while a row's bound is crossed; `null` where the source cannot tell. */
export function expressionOf(row: AlertRow, metric: Metric, source: RuleSource): string | null {
  const measure = measures[metric.id]
  return measure === undefined ? ofTheMoment(row, metric, source) : ofTasks(row, measure, source)
}

/** Which tasks, over which time: each type by itself, or all of them together. */
type Query = {
  source: RuleSource
  matchers: readonly string[]
  window: string
  by: '' | 'task'
  /** A figure of nothing has to be there, as nought: it may be what crosses the bound. */
  below: boolean
}
/** And how many tasks it rests on; `null` where that means nothing. */
type Figure = {value: string; samples: string | null}
type Measure = (query: Query) => Figure | null

/** How a metric of tasks is made of counters: by the metric's id. */
const measures: Readonly<Record<string, Measure>> = {
  task_success_ratio: ratioOf(['succeeded'], ['succeeded', 'failed']),
  task_failure_ratio: ratioOf(['failed'], ['succeeded', 'failed']),
  task_retry_ratio: ratioOf(['retried'], ['received']),
  task_failed_total: query => ({value: counted(['failed'], query), samples: null}),
  task_runtime_seconds: averageOf('runtime'),
  task_runtime_p95_seconds: quantileOf('runtime', 0.95),
  task_wait_seconds: averageOf('wait'),
  task_wait_p95_seconds: quantileOf('wait', 0.95),
}

function ratioOf(part: readonly TaskEvent[], whole: readonly TaskEvent[]): Measure {
  return query => {
    const [some, all] = [counted(part, query), counted(whole, query)]
    const known = query.source.isSparse && query.below ? `(${some} or 0 * ${all})` : some
    return {value: `${known} / ${all}`, samples: all}
  }
}

function averageOf(of: 'runtime' | 'wait'): Measure {
  return ({source, matchers, window, by}) => {
    const total = source.durations(of, 'sum', matchers, window)
    const count = source.durations(of, 'count', matchers, window)
    if (total === null || count === null) return null
    return {value: `${sum(total, by)} / ${sum(count, by)}`, samples: sum(count, by)}
  }
}

function quantileOf(of: 'runtime' | 'wait', share: number): Measure {
  return ({source, matchers, window, by}) => {
    const buckets = source.durations(of, 'bucket', matchers, window)
    const count = source.durations(of, 'count', matchers, window)
    if (buckets === null || count === null) return null
    const labels = by === '' ? 'le' : 'task, le'
    return {
      value: `histogram_quantile(${share}, sum by (${labels}) (${buckets}))`,
      samples: sum(count, by),
    }
  }
}

function counted(kinds: readonly TaskEvent[], {source, matchers, window, by}: Query): string {
  return sum(source.events(kinds, matchers, window), by)
}

/** Each task type, and all together: as they are judged everywhere. */
function ofTasks(row: AlertRow, measure: Measure, source: RuleSource): string | null {
  const common = {source, window: promDuration(row.windowSeconds ?? 0), below: 'below' in row.bound}
  const each: Query = {...common, matchers: matchersOf(row), by: 'task'}
  const all: Query = {...common, matchers: [], by: ''}
  const sides = (isForAll(row) ? [each, all] : [each]).map(query => {
    const figure = measure(query)
    if (figure === null) return null
    const enough =
      row.leastSamples > 0 && figure.samples !== null ? `\nand ${figure.samples} >= ${row.leastSamples}` : ''
    return `${exact(figure.value)} ${crossing(row)}${enough}`
  })
  return sides.includes(null) ? null : sides.join('\nor\n')
}

function ofTheMoment(row: AlertRow, metric: Metric, source: RuleSource): string | null {
  const figure = source.gauge(metric, matchersOf(row))
  if (figure === null) return null
  const own = `${figure} ${crossing(row)}`
  return metric.summed === true && isForAll(row)
    ? `${own}\nor\nsum(${source.gauge(metric, [])}) ${crossing(row)}`
    : own
}

function isForAll({labels}: AlertRow): boolean {
  return Object.keys(labels).length === 0
}

function matchersOf({labels, except}: AlertRow): string[] {
  return [
    ...Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`),
    // No series has two of these labels: what is for two at once is for none.
    ...except
      .map(one => Object.entries(one))
      .filter(entries => entries.length === 1)
      .flatMap(entries => entries.map(([label, value]) => `${label}!=${JSON.stringify(value)}`)),
  ]
}

function crossing({bound}: AlertRow): string {
  return 'above' in bound ? `> ${bound.above}` : `< ${bound.below}`
}

function sum(vector: string, by: Query['by']): string {
  return by === '' ? `sum(${vector})` : `sum by (task) (${vector})`
}

/**
 * `increase` multiplies by what is no round number: a figure that is just its bound must not lie beyond it by the last digit.
 * `round(…, 1e-9)` would put such a digit there by itself.
 */
function exact(value: string): string {
  return `round(1e9 * ${value}) / 1e9`
}

const units = [
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** `1h`, `15m`, `90s`, `1500ms`: whole numbers alone. */
export function promDuration(seconds: number): string {
  const unit = units.find(([, length]) => seconds >= length && seconds % length === 0)
  return unit === undefined ? `${Math.round(seconds * 1000)}ms` : `${seconds / unit[1]}${unit[0]}`
}
