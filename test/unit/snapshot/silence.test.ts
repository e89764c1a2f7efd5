import {describe, expect, it} from 'vitest'
import {type CeleryFacts, silenceOf, silentInWords} from '../../../src/snapshot/celery.ts'
import {factsFrom} from '../../../src/snapshot/reading.ts'
import {healthy} from '../../fixtures/healthy.ts'

/** So many connected, so many that answered (in JSON or in pickle), and the known names that did not. */
function seen(subscribers: number, answered: number, silent: string[], unreadable = 0): CeleryFacts {
  const facts = factsFrom(healthy().sources.celery)
  const node = facts?.nodes[0]
  if (facts === undefined || node === undefined) throw new Error('the healthy hub has a node')
  return {
    ...facts,
    probe: {subscribers, seconds: 1, unreadable},
    nodes: Array.from({length: answered}, (_, nth) => ({...node, name: `up-${nth}`})),
    silent,
  }
}

const nobody = {hung: [], gone: [], unclear: null, nameless: 0}

describe('names that did not answer', () => {
  it.each([
    ['there are none', seen(2, 2, []), nobody],
    ['nobody is connected beyond those that answered: gone', seen(2, 2, ['a']), {...nobody, gone: ['a']}],
    ['as many are connected and silent: hung', seen(3, 1, ['a', 'b']), {...nobody, hung: ['a', 'b']}],
    [
      'fewer are connected and silent: it does not show which',
      seen(2, 1, ['a', 'b']),
      {...nobody, unclear: {names: ['a', 'b'], hung: 1}},
    ],
    ['more are connected and silent', seen(3, 1, ['a']), {...nobody, hung: ['a'], nameless: 1}],
    [
      'one may have answered in pickle',
      seen(2, 1, ['a', 'b'], 1),
      {
        ...nobody,
        unclear: {names: ['a', 'b'], hung: 0},
      },
    ],
    ['no node was asked', {...seen(0, 0, []), probe: null}, nobody],
  ])('%s', (_what, facts, expected) => expect(silenceOf(facts)).toEqual(expected))

  it('are told in words only when somebody hangs', () => {
    expect(silentInWords(seen(2, 2, ['a']))).toBeNull()
    expect(silentInWords(seen(2, 1, ['a']))).toContain('a is connected to Redis but silent')
    expect(silentInWords(seen(2, 1, ['a', 'b']))).toMatch(/^1 of a, b is .*; the rest is gone$/)
  })
})
