/** What a row of figures is about. Kept apart: tasks by type and queue, nodes, queues. */
export type Series =
  | {of: 'task'; task: string | null; queue: string | null}
  | {of: 'node'; node: string}
  | {of: 'queue'; queue: string}

/** Names that came when there was room for no more. */
export const otherName = '(other)'

const longestName = 200

/** One word for a series, to keep it under. */
export function seriesKey(series: Series): string {
  if (series.of === 'task')
    return JSON.stringify(['t', cut(series.task), series.queue === null ? null : cut(series.queue)])
  return JSON.stringify([series.of[0], cut(series.of === 'node' ? series.node : series.queue)])
}

/** `null` for what is none. */
export function parseSeries(key: string): Series | null {
  let parts: unknown
  try {
    parts = JSON.parse(key)
  } catch {
    return null
  }
  if (!Array.isArray(parts)) return null
  const [of, first, second] = parts as unknown[]
  if (of === 't' && isName(first) && isName(second ?? null))
    return {of: 'task', task: first, queue: (second ?? null) as string | null}
  if (of === 'n' && typeof first === 'string') return {of: 'node', node: first}
  if (of === 'q' && typeof first === 'string') return {of: 'queue', queue: first}
  return null
}

function isName(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function cut(name: string): string
function cut(name: string | null): string | null
function cut(name: string | null): string | null {
  return name !== null && name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
}
