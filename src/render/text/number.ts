import type {Unit} from '../../report/finding.ts'
import type {Bound} from '../../snapshot/snapshot.ts'
import {bytes} from './bytes.ts'
import {duration} from './duration.ts'

/** For people: `1,204`, `0.5`. */
export function count(value: number): string {
  const [whole = '', fraction] = String(Number(value.toFixed(2))).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** A ratio as a percentage: `97 %`, `99.6 %`. Never rounded up to 100 or down to 0. */
export function percent(ratio: number): string {
  const value = ratio * 100
  const rounded = Number(value.toFixed(value > -10 && value < 10 ? 1 : 0))
  if (rounded === 100 && value < 100) return value > 99.9 ? '> 99.9 %' : `${Number(value.toFixed(1))} %`
  if (rounded === 0 && value > 0) return '< 0.1 %'
  return `${value > 90 && value < 100 ? Number(value.toFixed(1)) : rounded} %`
}

export function quantity(value: number, unit: Unit | undefined): string {
  switch (unit) {
    case 'seconds':
      return duration(value)
    case 'bytes':
      return bytes(value)
    case 'ratio':
      return percent(value)
    default:
      return count(value)
  }
}

/** `> 95 %`, `< 10`. */
export function bound(held: Bound, unit: Unit): string {
  return 'above' in held ? `> ${quantity(held.above, unit)}` : `< ${quantity(held.below, unit)}`
}

/** `1 warning`, `2 warnings`. */
export function plural(many: number, one: string, more = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : more}`
}
