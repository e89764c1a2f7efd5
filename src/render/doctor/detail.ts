import type {Evidence, Finding} from '../../report/finding.ts'
import {clean} from '../text/clean.ts'
import {quantity} from '../text/number.ts'
import {commandLine} from '../text/shell.ts'
import {curesFirst} from './arrange.ts'

/** `ready: 42 (above 10)`. */
export function evidenceItem({label, value, unit, bound}: Evidence): string {
  const held = bound === undefined ? '' : ` (${clean(bound)})`
  return `${clean(label)}: ${evidenceValue(value, unit)}${held}`
}

function evidenceValue(value: Evidence['value'], unit: Evidence['unit']): string {
  if (value === null) return 'not known'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? quantity(value, unit) : clean(value)
}

/** A finding in full, for formats that show text as it is: the message, what was seen, what to type. */
export function detailLines(finding: Finding): string[] {
  return [
    clean(finding.message),
    ...(finding.becauseOf === undefined ? [] : [`because of ${finding.becauseOf}`]),
    ...finding.evidence.map(evidenceItem),
    ...curesFirst(finding.remedies).map(({kind, text, command}) =>
      command === undefined
        ? `${kind}: ${clean(text)}`
        : `${kind}: ${clean(commandLine(command))}  # ${clean(text)}`,
    ),
  ]
}
