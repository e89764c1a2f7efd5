import type {Family, Labels} from './family.ts'

/** OpenMetrics 1.0.0, or the text format 0.0.4 that is older than it. */
export type Dialect = 'openmetrics' | 'text'

export const contentTypes: Record<Dialect, string> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
}

/** All families, and what ends an exposition. */
export function exposition(families: Iterable<Family>, dialect: Dialect = 'openmetrics'): string {
  const pieces: string[] = []
  for (const family of families) pieces.push(...linesOf(family, dialect))
  return `${pieces.join('')}${endOf(dialect)}`
}

/** OpenMetrics tells a whole exposition from one that was cut off by its last line. */
export function endOf(dialect: Dialect): string {
  return dialect === 'openmetrics' ? '# EOF\n' : ''
}

/** A family's lines, each with its end; none when it has no points. */
export function* linesOf(family: Family, dialect: Dialect = 'openmetrics'): Generator<string> {
  // Two names that are the same once they are masked must not spoil what all others say.
  const told = new Set<string>()
  let begun = false
  for (const point of family.points) {
    const labels = labelText(point.labels)
    if (point.at === undefined) {
      if (told.has(labels)) continue
      told.add(labels)
    }
    if (!begun) yield headOf(family, dialect)
    begun = true
    const at = point.at === undefined ? '' : ` ${dialect === 'openmetrics' ? point.at : point.at * 1000}`
    const line = (suffix: string, value: number, more = '') =>
      `${family.name}${suffix}${braced(labels, more)} ${numberText(value)}${at}\n`
    if (family.type === 'info') yield line('_info', 1)
    else if ('upTo' in point) {
      for (const {le, count} of point.upTo) yield line('_bucket', count, `le="${numberText(le)}"`)
      yield line('_bucket', point.count, 'le="+Inf"')
      yield line('_count', point.count)
      yield line('_sum', point.sum)
    } else if ('value' in point) yield line(family.type === 'counter' ? '_total' : '', point.value)
    if (dialect === 'openmetrics' && 'created' in point && point.created !== undefined)
      yield line('_created', point.created)
  }
}

/** Suffixes that are units, as OpenMetrics wants them told. */
const unit = /_(seconds|bytes|ratio)$/

function headOf({name, type, help}: Family, dialect: Dialect): string {
  if (dialect === 'openmetrics') {
    const told = unit.exec(name)?.[1]
    const ofUnit = told === undefined ? '' : `# UNIT ${name} ${told}\n`
    return `# TYPE ${name} ${type}\n${ofUnit}# HELP ${name} ${escaped(help)}\n`
  }
  // The older format knows neither types of info nor families apart from their samples.
  const [full, known] =
    type === 'counter' ? [`${name}_total`, type] : type === 'info' ? [`${name}_info`, 'gauge'] : [name, type]
  return `# HELP ${full} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${full} ${known}\n`
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

function braced(labels: string, more: string): string {
  const all = [labels, more].filter(part => part !== '').join(',')
  return all === '' ? '' : `{${all}}`
}

/** Half a surrogate pair is no text that could be sent. */
function escaped(text: string): string {
  return text
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(/[\\"\n]/g, found => (found === '\n' ? '\\n' : `\\${found}`))
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}
