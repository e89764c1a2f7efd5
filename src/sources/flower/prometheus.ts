/** One line of the Prometheus text format. */
export type Line = {name: string; labels: Readonly<Record<string, string>>; value: number}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/s
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/gs

/** A longer one is not ours: task names and node names are short. */
const longestLine = 4096

/** Reads the lines whose name is wanted; skips what it does not understand. */
export function parsePrometheus(text: string, wanted: ReadonlySet<string>): Line[] {
  const lines: Line[] = []
  for (const raw of text.split('\n')) {
    // Most lines are buckets of histograms: told apart before anything is parsed.
    const name = /^[\w:]+/.exec(raw)?.[0]
    if (name === undefined || !wanted.has(name) || raw.length > longestLine) continue
    const match = line.exec(raw.trimEnd())
    const value = match === null ? Number.NaN : numberFrom(match[3] ?? '')
    if (match === null || Number.isNaN(value)) continue
    const labels = Object.fromEntries(
      [...(match[2] ?? '').matchAll(label)].map(([, key, text]) => [key, unescaped(text ?? '')]),
    )
    lines.push({name, labels, value})
  }
  return lines
}

function numberFrom(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return Number(text)
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_all, next: string) => (next === 'n' ? '\n' : next))
}
