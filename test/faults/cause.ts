import {expect} from 'vitest'
import {type Diagnosis, type Finding, isAlarm} from '../services/operator.ts'
import type {Expected} from './fault.ts'

const exitCodes = {critical: 2, unknown: 3, warning: 1, ok: 0}

/** Asserts that doctor names the cause first, and everything else that is red as following from it; gives that finding. */
export function expectCause(ill: Diagnosis, expected: Expected, second?: Expected): Finding {
  const report = inWords(ill)
  const {first} = ill
  if (first === undefined) throw new Error('doctor found nothing')
  expect({first: first.check, verdict: ill.verdict, code: ill.code}, report).toEqual({
    first: expected.first,
    verdict: expected.verdict,
    code: exitCodes[expected.verdict],
  })
  expect(first.message, report).toMatch(expected.says)
  const others = ill.findings.filter(finding => isAlarm(finding) && finding !== first)
  const strays = others.filter(finding => !comesFrom(first, finding, ill)).map(({check}) => check)
  if (second !== undefined) {
    const found = ill.of(second.first)
    // Skipped where it cannot be seen as long as the first one is there.
    expect(isAlarm(found) || found.status === 'skipped', report).toBe(true)
    if (strays.includes(found.check)) expect(ill.findings[1]?.check, report).toBe(found.check)
  }
  const allowed = [...Object.keys(expected.alsoAlarms ?? {}), second?.first]
  expect(
    strays.filter(check => !allowed.includes(check)),
    `alarms of their own in\n${report}`,
  ).toEqual([])
  return first
}

/** By way of as many causes as there are between. */
function comesFrom(cause: Finding, effect: Finding, {findings}: Diagnosis): boolean {
  const seen = new Set<Finding>()
  let at: Finding | undefined = effect
  while (at !== undefined && !seen.has(at)) {
    seen.add(at)
    const {becauseOf}: Finding = at
    if (becauseOf === cause.check) return true
    at = findings.find(({check}) => check === becauseOf)
  }
  return false
}

/** What doctor said, but for what is well; of what was skipped, which. */
export function inWords({findings, verdict, code, unread}: Diagnosis): string {
  const told = findings.filter(({status}) => status !== 'pass' && status !== 'skipped')
  const skipped = findings.filter(({status}) => status === 'skipped').map(({check}) => check)
  return [
    `doctor: ${verdict}, exit code ${code}`,
    ...told.flatMap(({status, check, message, becauseOf, remedies}) => [
      `${status} ${check}: ${message}${becauseOf === null ? '' : ` (because of ${becauseOf})`}`,
      ...remedies.map(({kind, text, line}) => `    ${kind} ${line ?? ''} # ${text}`),
    ]),
    `not read: ${unread.map(({source, code: why}) => `${source} (${why})`).join(', ') || 'nothing'}`,
    `skipped: ${skipped.join(', ') || 'nothing'}`,
  ].join('\n')
}
