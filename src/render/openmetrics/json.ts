import type {Family} from './family.ts'

/** What `metrics --json` has: the gauges of one look. */
export function familiesJson(families: readonly Family[]) {
  return families
    .map(({name, type, help, points}) => ({
      ...{name, type, help},
      samples: [...points].map(point => ({
        labels: {...point.labels},
        value: 'value' in point ? point.value : 1,
      })),
    }))
    .filter(({samples}) => samples.length > 0)
}
