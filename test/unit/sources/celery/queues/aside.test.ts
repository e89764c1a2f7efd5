import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {asideFrom, asideId, asideLists} from '../../../../../src/sources/celery/queues/aside.ts'

const now = new Date('2026-11-23T09:15:00.123Z')

describe('names of what lies aside', () => {
  it('hold all that putting it back needs, whatever queue, file and prefix are called', () => {
    const text = fc.string({unit: 'grapheme'})
    fc.assert(
      fc.property(text, text, text, text, (queue, path, host, prefix) => {
        const aside = {id: asideId(now, '00ff00ff'), queue, file: {path, host}}
        const homes = [0, 3].map(step => ({step, home: `${prefix}${queue}${step}`}))
        const lists = asideLists(aside, 'whole', prefix, homes)
        expect(asideFrom(lists.map(({key}) => key))).toEqual([{...aside, state: 'whole', lists}])
      }),
    )
  })

  it('are matched by the pattern of the look through all keys', () => {
    const [list] = asideLists(
      {id: asideId(now, '0a'), queue: 'q', file: {path: '/f', host: 'h'}},
      'part',
      'p:',
      [{step: 0, home: 'q'}],
    )
    expect(list?.key).toMatch(/^p:_kombu\.hub-mon\.part\.20261123T091500Z-0a\.0\./)
    expect(list?.key).toMatch(/[_.][kr][oe][mp][bl][uy]\./)
  })

  it('of others say nothing', () => {
    fc.assert(fc.property(fc.string(), key => asideFrom([key, `_kombu.hub-mon.aside.${key}`]).length === 0))
    expect(asideFrom(['_kombu.hub-mon.aside.20261123T091500Z-0a.0.W10'])).toEqual([])
  })
})
