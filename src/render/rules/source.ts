import type {Metric} from '../../metrics/metric.ts'

/** What may become of a task. */
export type TaskEvent = 'received' | 'succeeded' | 'failed' | 'retried'

/** Whose series the rules are over. All that it gives is PromQL; `matchers` are those of labels, `window` is a duration as Prometheus has it. */
export type RuleSource = {
  id: RuleSourceName
  /** An event that never came has no series, not even one of nought. */
  isSparse: boolean
  /** How many of these events there were; one series or more for each task type. */
  events: (kinds: readonly TaskEvent[], matchers: readonly string[], window: string) => string
  /** Of runtimes or waits: all of them added up, how many, or a histogram's buckets. `null` where it cannot tell. */
  durations: (
    of: 'runtime' | 'wait',
    part: 'sum' | 'count' | 'bucket',
    matchers: readonly string[],
    window: string,
  ) => string | null
  /** A figure of the moment; `null` where it cannot tell. */
  gauge: (metric: Metric, matchers: readonly string[]) => string | null
  /** What to know of its rule for a metric. */
  caveat: (metric: Metric) => string | null
  /** Tells that nothing can be told; `null` where nothing does. */
  unseen: string | null
}

/** Apart from what they do: a command line names them. */
export const ruleSourceNames = ['hub-mon', 'flower'] as const
export type RuleSourceName = (typeof ruleSourceNames)[number]

/** `{task="a",type="b"}`; nothing for no matchers. */
export function braced(matchers: readonly string[]): string {
  return matchers.length === 0 ? '' : `{${matchers.join(',')}}`
}
