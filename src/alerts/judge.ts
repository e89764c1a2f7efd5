import {crosses, evaluate} from '../metrics/evaluate.ts'
import type {Measurement, Metric} from '../metrics/metric.ts'
import {metrics as registry} from '../metrics/registry.ts'
import type {Unit} from '../report/finding.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {type AlertRow, alertRows, rowsFor} from './rows.ts'

/** What was seen at one moment, and of each window what is kept of it. */
export type Look = {
  /** Without history. */
  now: Snapshot
  /** By length in seconds; `null` where nobody records: then the figures of now stand in. */
  windows: ReadonlyMap<number, Snapshot> | null
}

/** How a row stands towards what was measured. `covered`: beyond its bound, and so is a worse one of the same thing. */
export type Standing = 'beyond' | 'covered' | 'inside' | 'too-few' | 'unmeasured'

/** One row held against one measurement. */
export type Judged = {
  /** With the labels of the measurement; its id is what state is kept by. */
  row: AlertRow
  standing: Standing
  unit: Unit
} & Pick<Measurement, 'value' | 'source' | 'samples' | 'note'>

/** Holds every row against all that it is for. A thing that nothing was measured of is not in it. */
export function judgeRows(look: Look, metrics: readonly Metric[] = registry): Judged[] {
  const ruled = new Set(alertRows(look.now, metrics).map(({metric}) => metric))
  return metrics.filter(({id}) => ruled.has(id)).flatMap(metric => judgeMetric(metric, look))
}

/** The snapshot that a row's figures come from. */
export function seenBy({windowSeconds}: Pick<AlertRow, 'windowSeconds'>, {now, windows}: Look): Snapshot {
  return (windowSeconds === null ? undefined : windows?.get(windowSeconds)) ?? now
}

function judgeMetric(metric: Metric, look: Look): Judged[] {
  const seen = new Set(alertRows(look.now, [metric]).map(row => seenBy(row, look)))
  return [...seen].flatMap(snapshot => {
    // Of a window that could not be read, no other figures may stand in: they would come and go.
    if (snapshot.sources.history?.status === 'unavailable') return []
    return evaluate(metric, snapshot).flatMap(sample => {
      const rows = rowsFor(metric, sample.labels, snapshot).filter(row => seenBy(row, look) === snapshot)
      const worst = rows.find(row => standingOf(row, sample) === 'beyond')
      const {value, source, samples, note, unit} = sample
      return rows.map(row => {
        const standing = standingOf(row, sample)
        return {
          ...{row, unit, value, source, samples},
          standing: standing === 'beyond' && row !== worst ? 'covered' : standing,
          ...(note === undefined ? {} : {note}),
        } satisfies Judged
      })
    })
  })
}

function standingOf(
  {bound, leastSamples}: AlertRow,
  {value, samples}: Pick<Measurement, 'value' | 'samples'>,
): Standing {
  // 0 of 0 is no ratio, yet it is known why: nothing has happened.
  if (samples !== null && samples < leastSamples) return 'too-few'
  if (value === null) return 'unmeasured'
  return crosses(value, bound) ? 'beyond' : 'inside'
}

/** Whether a source tells wholly what there is: what it does not name is gone. */
export function isToldBy(source: SourceId | null, row: AlertRow, look: Look): boolean {
  return source !== null && seenBy(row, look).sources[source]?.status === 'fresh'
}

/** Whether the configuration still has a row for this thing. */
export function isInForce({metric: id, severity, labels}: AlertRow, look: Look): boolean {
  const metric = registry.find(candidate => candidate.id === id)
  return metric !== undefined && rowsFor(metric, labels, look.now).some(row => row.severity === severity)
}

/** Rows of which nothing at all could be judged, each with the reason. */
export function unjudgedRows(look: Look, judged: readonly Judged[]): {row: AlertRow; why: string}[] {
  const told = (row: AlertRow) =>
    judged.filter(
      one =>
        one.row.metric === row.metric &&
        one.row.severity === row.severity &&
        Object.entries(row.labels).every(([label, value]) => one.row.labels[label as never] === value),
    )
  return alertRows(look.now).flatMap(row => {
    const own = told(row)
    if (own.some(({standing}) => standing !== 'unmeasured')) return []
    const why = reasonFor(row, look) ?? own.find(({note}) => note !== undefined)?.note
    // Where its sources were read and named no such thing, there is none.
    return own.length === 0 && why === undefined ? [] : [{row, why: why ?? 'no source could tell'}]
  })
}

function reasonFor(row: AlertRow, look: Look): string | undefined {
  const {sources} = seenBy(row, look)
  if (sources.history?.status === 'unavailable') return sources.history.error.message
  const reads = registry.find(({id}) => id === row.metric)?.reads ?? []
  const unread = reads.flatMap(source => {
    const reading = sources[source]
    return reading?.status === 'unavailable' ? [reading.error.message] : []
  })
  return unread[0]
}
