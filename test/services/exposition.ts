/** One line of an exposition, read back. */
export type ExposedSample = {name: string; labels: Record<string, string>; value: number; at: number | null}

/** Reads what OpenMetrics says, strictly: throws at the first character that is not as the specification has it. */
export function parseExposition(text: string): {
  types: Map<string, string>
  samples: ExposedSample[]
} {
  if (!text.endsWith('# EOF\n')) throw new Error('no end')
  const types = new Map<string, string>()
  const samples: ExposedSample[] = []
  let family: string | null = null
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const described = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line)
    if (described !== null) {
      const [, kind, name = '', rest = ''] = described
      if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`unit of ${name}`)
      if (kind !== 'TYPE') continue
      if (types.has(name)) throw new Error(`${name} twice`)
      types.set(name, rest)
      family = name
      continue
    }
    const sample = sampleOf(line)
    if (family === null || !sample.name.startsWith(family)) throw new Error(`${sample.name} in ${family}`)
    const suffix = sample.name.slice(family.length)
    if (!(suffixes[types.get(family) ?? ''] ?? []).includes(suffix)) throw new Error(`${line}: ${suffix}`)
    samples.push(sample)
  }
  return {types, samples}
}

const suffixes: Record<string, string[]> = {
  gauge: [''],
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
}

const number = /^ ([+-]?(?:Inf|\d[\d.]*(?:e[+-]?\d+)?))(?: (\d+(?:\.\d+)?))?$/

function sampleOf(line: string): ExposedSample {
  const [name = ''] = /^[a-zA-Z_:][\w:]*/.exec(line) ?? []
  const labels: Record<string, string> = {}
  let rest = line.slice(name.length)
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    for (;;) {
      const label = /^([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"([,}])/.exec(rest)
      if (label === null) throw new Error(`no label: ${rest}`)
      const [all, key = '', value = '', end] = label
      if (Object.hasOwn(labels, key)) throw new Error(`${key} twice`)
      labels[key] = value.replace(/\\(.)/g, (_, next) => (next === 'n' ? '\n' : next))
      rest = rest.slice(all.length)
      if (end === '}') break
    }
  }
  const told = number.exec(rest)
  if (name === '' || told === null) throw new Error(`no sample: ${line}`)
  const value = told[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(told[1])
  return {name, labels, value, at: told[2] === undefined ? null : Number(told[2])}
}
