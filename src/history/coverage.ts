/** A time in which every event was seen, in epoch seconds. */
export type Span = {from: number; to: number}

/** Spans in order, those that touch made one. */
export function joined(spans: readonly Span[], tolerance = 0): Span[] {
  const sorted = spans.filter(({from, to}) => to > from).sort((a, b) => a.from - b.from)
  const all: Span[] = []
  for (const span of sorted) {
    const last = all.at(-1)
    if (last !== undefined && span.from <= last.to + tolerance) last.to = Math.max(last.to, span.to)
    else all.push({...span})
  }
  return all
}

/** What of the spans lies within a window. */
export function within(spans: readonly Span[], window: Span): Span[] {
  return spans
    .map(({from, to}) => ({from: Math.max(from, window.from), to: Math.min(to, window.to)}))
    .filter(({from, to}) => to > from)
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, {from, to}) => sum + (to - from), 0)
}

const mostSpans = 30

/**
 * `from-to,from-to`: milliseconds after the bucket's start. More spans than can be told are told as the longest ones: less
 * is claimed than was seen, never more.
 */
export function encodeCoverage(spans: readonly Span[], start: number): string {
  const all = joined(spans)
  const told =
    all.length <= mostSpans
      ? all
      : [...all]
          .sort((a, b) => b.to - b.from - (a.to - a.from))
          .slice(0, mostSpans)
          .sort((a, b) => a.from - b.from)
  const after = (moment: number) => Math.round((moment - start) * 1000)
  return told.map(({from, to}) => `${after(from)}-${after(to)}`).join(',')
}

/** What cannot be read covers nothing: never throws. */
export function decodeCoverage(text: string, start: number): Span[] {
  return text.split(',').flatMap(pair => {
    const [from, to] = pair.split('-').map(Number)
    return from !== undefined && to !== undefined && from >= 0 && to > from
      ? [{from: start + from / 1000, to: start + to / 1000}]
      : []
  })
}
