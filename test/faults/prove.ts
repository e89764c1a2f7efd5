import {expect} from 'vitest'
import {until} from '../services/hub.ts'
import type {Diagnosis, Finding, Operator} from '../services/operator.ts'
import {expectCause, inWords} from './cause.ts'
import type {Cure, Expected, Second} from './fault.ts'
import type {Result} from './results.ts'

/** What doctor gives itself; with Node's start it has answered within 5 s. */
const patience = ['--timeout', '4.5s']
const longestSeconds = 5
/** A machine with other things to do may be late; what is slow by itself is slow each time. */
const mostLooks = 3
/** Nobody waits for longer until what was cured is well. */
const wait = ['--wait', '60s']
/** Seconds that the cured one may need to be back, before the second cause stands first. */
const longestComeback = 30

type Provable<Hub extends Operator> = {
  breakIt: (hub: Hub) => Promise<unknown>
  expects: Expected
  cure: Cure<Hub, unknown>
  second?: Second<Hub, unknown>
  tidy?: (hub: Hub, broken: unknown) => Promise<unknown>
}

/** Breaks a healthy hub, has doctor name the cause, cures it as doctor says, and leaves it healthy. */
export async function prove<Hub extends Operator>(
  {breakIt, expects, cure, second, tidy}: Provable<Hub>,
  hub: Hub,
): Promise<Pick<Result, 'check' | 'message' | 'seconds' | 'decision' | 'typed'>> {
  const exported = {...hub.env}
  try {
    const broken = await breakIt(hub)
    const {ill, first} = await diagnose(hub, expects, second?.expects)
    const {left, ...cured} = await mend(
      hub,
      {cure, broken},
      first,
      ill,
      second === undefined ? wait : patience,
    )
    if (second === undefined) expectCured(left, first)
    else await cureSecond(hub, second, broken)
    await tidy?.(hub, broken)
    return {check: first.check, message: first.message, seconds: ill.seconds, ...cured}
  } finally {
    hub.as.length = 0
    for (const name of Object.keys(hub.env)) delete hub.env[name]
    Object.assign(hub.env, exported)
  }
}

export function expectHealth({verdict, code, alarms, ...well}: Diagnosis): void {
  expect({verdict, code, alarms}, inWords({verdict, code, alarms, ...well})).toEqual({
    ...{verdict: 'ok', code: 0},
    alarms: [],
  })
}

/** Also a notice is gone; one that says something else is no part of it. */
function expectCured(well: Diagnosis, {check, message}: Finding): void {
  expectHealth(well)
  const left = well.of(check)
  expect(left.status === 'notice' ? left.message : null, inWords(well)).not.toBe(message)
}

/** What is left once the first cause is gone. */
async function cureSecond<Hub extends Operator>(
  hub: Hub,
  {expects, cure}: Second<Hub, unknown>,
  broken: unknown,
): Promise<void> {
  const standsFirst = async () => {
    const {first, verdict} = await hub.doctor(...patience)
    return first?.check === expects.first && verdict === expects.verdict
  }
  // What stands there instead is told by the next look.
  await until(`${expects.first} stands first`, longestComeback, standsFirst).catch(() => {})
  const {ill, first} = await diagnose(hub, expects)
  expectCured((await mend(hub, {cure, broken}, first, ill, wait)).left, first)
}

async function diagnose(
  hub: Operator,
  expects: Expected,
  second?: Expected,
): Promise<{ill: Diagnosis; first: Finding}> {
  for (let look = 1; ; look += 1) {
    const ill = await hub.doctor(...patience)
    const late = ill.seconds > longestSeconds || ill.unread.some(({code}) => code === 'timeout')
    try {
      const first = expectCause(ill, expects, second)
      expect(ill.seconds, 'seconds that doctor took').toBeLessThan(longestSeconds)
      return {ill, first}
    } catch (error) {
      if (!late || look === mostLooks) throw error
    }
  }
}

async function mend<Hub extends Operator>(
  hub: Hub,
  {cure, broken}: {cure: Cure<Hub, unknown>; broken: unknown},
  first: Finding,
  ill: Diagnosis,
  words: readonly string[],
): Promise<Pick<Result, 'decision' | 'typed'> & {left: Diagnosis}> {
  const report = inWords(ill)
  const cures = first.remedies.filter(({kind}) => kind === 'cure')
  const [head] = cures
  if (head === undefined) throw new Error(`no cure in\n${report}`)
  if (cure === 'typed' || 'answer' in cure) {
    if (head.line === null) throw new Error(`the first cure is no command in\n${report}`)
    // A notice is not pressing.
    if (ill.verdict !== 'ok') expect(ill.next, report).toBe(head.line)
    const left = await typeCure(hub, head.line, words, cure === 'typed' ? undefined : cure.answer)
    return {decision: null, typed: head.line, left}
  }
  expect(head, report).toMatchObject({line: null, text: expect.stringMatching(cure.decision)})
  await cure.carryOut(hub, broken)
  if (cure.afterwards === undefined)
    return {decision: head.text, typed: null, left: await hub.doctor(...words)}
  const line = cures.find(remedy => remedy.line !== null)?.line
  if (line == null) throw new Error(`no command after the decision in\n${report}`)
  const {afterwards} = cure
  const left = await typeCure(hub, line, words, afterwards === 'typed' ? undefined : afterwards.answer)
  return {decision: head.text, typed: line, left}
}

async function typeCure(
  hub: Operator,
  line: string,
  words: readonly string[],
  answer?: string,
): Promise<Diagnosis> {
  if (answer === undefined) return hub.doctorAfter(line, ...words)
  const {code, stdout} = await hub.type(line, answer)
  expect(code, `${line}\n${stdout}`).toBe(0)
  return hub.doctor(...words)
}
