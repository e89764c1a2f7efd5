import type {DurationBound} from '../../snapshot/recorded-bucket.ts'

/** Label and value; an empty value is the same as no label. */
export type Labels = Readonly<Record<string, string>>

type Point = {
  labels: Labels
  /** Epoch seconds; absent for "now", as it is scraped. */
  at?: number
}

export type GaugePoint = Point & {value: number}
export type CounterPoint = Point & {
  value: number
  /** Epoch seconds at which it was 0. */
  created?: number
}
export type HistogramPoint = Point & {
  upTo: readonly DurationBound[]
  count: number
  sum: number
  created?: number
}

type Named = {
  /** Ends in its unit, if it has one; without the suffix of its type (`_total`, `_info`). */
  name: string
  help: string
}

/** A metric family of OpenMetrics. Points of one set of labels stand together, the oldest first. */
export type Family = Named &
  (
    | {type: 'gauge'; points: Iterable<GaugePoint>}
    | {type: 'counter'; points: Iterable<CounterPoint>}
    | {type: 'histogram'; points: Iterable<HistogramPoint>}
    | {type: 'info'; points: Iterable<Point>}
  )

/** What all names begin with. */
export const prefix = 'hub_mon_'
