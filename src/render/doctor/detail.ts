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

/** `because of redis.reachable, because of stack.running`: to the end of the chain; empty for what has no cause. */
export function causeOf({check: own, becauseOf}: Finding, findings: readonly Finding[]): string {
  const chain: string[] = []
  for (let at = becauseOf; at !== undefined && at !== own && !chain.includes(at); ) {
    chain.push(at)
    const next = at
    at = findings.find(({check}) => check === next)?.becauseOf
  }
  return chain.map(check => `because of ${clean(check)}`).join(', ')
}

/** The nearest cause of a consequence that stands below its root, where it is not the root itself; empty else. */
export function byWayOf({becauseOf}: Finding, root: Finding): string {
  return becauseOf === undefined || becauseOf === root.check ? '' : ` (because of ${clean(becauseOf)})`
}

/** A finding in full, for formats that show text as it is: the message, what was seen, what to type. */
export function detailLines(finding: Finding, findings: readonly Finding[]): string[] {
  const cause = causeOf(finding, findings)
  return [
    clean(finding.message),
    ...(cause === '' ? [] : [cause]),
    ...finding.evidence.map(evidenceItem),
    ...curesFirst(finding.remedies).map(({kind, text, command}) =>
      command === undefined
        ? `${kind}: ${clean(text)}`
        : `${kind}: ${clean(commandLine(command))}  # ${clean(text)}`,
    ),
  ]
}
