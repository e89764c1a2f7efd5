import {describe, expect, it} from 'vitest'
import type {Answer} from '../../../src/snapshot/collect.ts'
import {collect} from '../../../src/snapshot/collect.ts'
import {Kept} from '../../../src/snapshot/kept.ts'
import type {OutsideFacts} from '../../../src/snapshot/outside.ts'
import {factsIn} from '../../fixtures/broken.ts'
import {production} from '../../fixtures/production.ts'

const never = new AbortController().signal
const settled = factsIn(production(), 'outside')
const [first] = settled.addresses
if (first === undefined) throw new Error('no address')
const mute: OutsideFacts = {...settled, addresses: [{...first, speaks: 'nothing', error: 'timeout'}]}

/** Looks one after the other at a hub whose containers are `of`; `asked` counts who was really asked. */
function looks() {
  const state = {now: 0, of: 'a', asked: 0, answer: {value: settled} as Answer<OutsideFacts>}
  const kept = new Kept(() => state.now)
  const read = async () => {
    state.asked += 1
    return state.answer
  }
  const look = () =>
    collect({outside: kept.over('outside', read, async () => state.of)}, {source: 1, total: 1}, never).then(
      ({outside}) => outside,
    )
  return {state, look}
}

describe('what is seldom asked', () => {
  it('stands for five minutes, with the time that it is of', async () => {
    const {state, look} = looks()
    const seen = await look()
    state.now = 299
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(await look()).toEqual(seen)
    expect(state.asked).toBe(1)
    state.now = 301
    const later = await look()
    expect(state.asked).toBe(2)
    expect(Date.parse(later?.startedAt ?? '')).toBeGreaterThan(Date.parse(seen?.startedAt ?? ''))
  })

  it('does not stand for other containers', async () => {
    const {state, look} = looks()
    await look()
    state.of = 'b'
    await look()
    expect(state.asked).toBe(2)
  })

  it.each<[string, Answer<OutsideFacts>]>([
    ['did not answer', {value: mute}],
    ['was told in part', {value: settled, error: {code: 'timeout', message: 'late'}}],
  ])('is asked again at once where it %s', async (_what, answer) => {
    const {state, look} = looks()
    state.answer = answer
    await look()
    state.answer = {value: settled}
    expect(await look()).toMatchObject({status: 'fresh', value: settled})
    await look()
    expect(state.asked).toBe(2)
  })

  it('is no other source', async () => {
    const kept = new Kept()
    const read = async () => ({value: factsIn(production(), 'host')})
    expect(kept.over('host', read, async () => 'a')).toBe(read)
  })
})
