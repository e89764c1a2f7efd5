import type {Curve} from '../../snapshot/history.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'

const mostCells = 12

/** A curve in a row's cell, its highest step a full block; a blank where nobody looked, the lowest where there was nothing. */
export function sparkline(curve: Curve, view: Pick<View, 'unicode'>): string {
  const {spark} = symbolsFor(view)
  const cells = fewer(curve, Math.min(mostCells, curve.length))
  const most = Math.max(0, ...cells.map(value => value ?? 0))
  return cells
    .map(value => {
      if (value === null) return ' '
      // What is not nothing is never drawn as nothing.
      const level = most === 0 ? 0 : Math.ceil((value / most) * (spark.length - 1))
      return spark[level] ?? ''
    })
    .join('')
}

/** Averages of neighbouring steps. */
function fewer(curve: Curve, cells: number): Curve {
  return Array.from({length: cells}, (_, nth) => {
    const [first, end] = [nth, nth + 1].map(place => Math.floor((place * curve.length) / cells))
    const seen = curve.slice(first, end).filter(value => value !== null)
    return seen.length === 0 ? null : seen.reduce((sum, value) => sum + value, 0) / seen.length
  })
}

/** Two curves of the same steps, added up. */
export function addedUp(one: Curve, other: Curve): Curve {
  return one.map((value, place) => {
    const more = other[place] ?? null
    return value === null ? more : value + (more ?? 0)
  })
}
