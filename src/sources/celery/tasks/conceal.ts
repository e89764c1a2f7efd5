import type {Concealed} from '../../../snapshot/task-story.ts'
import type {Json} from '../../loose-json.ts'

/** More is no longer read by anybody on a terminal. */
const longestShown = 10_000

/** Of what kind a value is and how long; the value itself only when it was asked for. */
export function conceal(value: Json, show: boolean): Concealed {
  return {
    ...kindOf(value),
    shown: show ? cutAt(typeof value === 'string' ? value : JSON.stringify(value), longestShown) : null,
  }
}

/** The same of what Python has printed: `(1, 2)`. */
export function concealRepr(text: string, show: boolean): Concealed {
  return {kind: 'repr', length: text.length, shown: show ? cutAt(text, longestShown) : null}
}

function kindOf(value: Json): Pick<Concealed, 'kind' | 'length'> {
  if (value === null) return {kind: 'null', length: null}
  if (typeof value === 'string') return {kind: 'text', length: value.length}
  if (typeof value === 'number') return {kind: 'number', length: null}
  if (typeof value === 'boolean') return {kind: 'boolean', length: null}
  if (Array.isArray(value)) return {kind: 'list', length: value.length}
  return {kind: 'object', length: Object.keys(value).length}
}

function cutAt(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
