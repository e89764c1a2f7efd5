import type {Sample} from '../../metrics/metric.ts'
import {bound} from '../text/number.ts'

const levels = ['notice', 'warning', 'critical'] as const

/** Each level's bound, the mildest first. */
export function alertBounds({alerts, unit}: Sample): {level: (typeof levels)[number]; held: string}[] {
  return levels.flatMap(level => {
    const held = alerts[level]
    return held === null ? [] : [{level, held: bound(held, unit)}]
  })
}

/** A metric as its column has it. */
export type Figures = {title: string; samples: readonly Sample[]}

/**
 * The bounds of all rows, said once: `targets: success > 95 %; alerts: failure > 5 % warning, > 10 % critical`.
 * Things for which the configuration has others follow, a line each.
 */
export function boundLines(columns: readonly Figures[], nameOf: (sample: Sample) => string): string[][] {
  const usual = columns.flatMap(({title, samples}) => {
    const sample = usualOf(samples)
    return sample === undefined ? [] : [{title, sample}]
  })
  const others = columns.flatMap(({title, samples}) => {
    const [most] = usual.filter(one => one.title === title)
    return samples
      .filter(sample => sample.value !== null && most !== undefined && key(sample) !== key(most.sample))
      .map(sample => ({name: nameOf(sample), title, sample}))
  })
  const names = [...new Set(others.map(({name}) => name))]
  return [
    inWords(usual),
    ...names.map(name => {
      const words = inWords(others.filter(other => other.name === name))
      return [`${name}:`, ...(words.length === 0 ? ['no bounds'] : words)]
    }),
  ].filter(parts => parts.length > 0)
}

function inWords(held: readonly {title: string; sample: Sample}[]): string[] {
  const targets = held.flatMap(({title, sample: {target, unit}}) =>
    target === null ? [] : [`${title} ${bound(target, unit)}`],
  )
  const alerts = held.flatMap(({title, sample}) =>
    alertBounds(sample).map(({level, held}, place) => `${place === 0 ? `${title} ` : ''}${held} ${level}`),
  )
  return [...list('target', targets, alerts.length > 0 ? ';' : ''), ...list('alert', alerts, '')]
}

/** `targets: success > 95 %,`, `retries < 5 %;` */
function list(word: string, items: readonly string[], end: string): string[] {
  return items.map((item, place) => {
    const start = place === 0 ? `${word}${items.length === 1 ? '' : 's'}: ` : ''
    return `${start}${item}${place + 1 < items.length ? ',' : end}`
  })
}

function usualOf(samples: readonly Sample[]): Sample | undefined {
  const times = new Map<string, number>()
  for (const sample of samples) times.set(key(sample), (times.get(key(sample)) ?? 0) + 1)
  const most = Math.max(...times.values())
  return samples.find(sample => times.get(key(sample)) === most)
}

function key({target, alerts}: Sample): string {
  return JSON.stringify([target, alerts.notice, alerts.warning, alerts.critical])
}
