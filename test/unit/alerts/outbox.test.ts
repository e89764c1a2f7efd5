import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {sampleNotification} from '../../../src/alerts/notification.ts'
import {
  arrived,
  backOffSeconds,
  begin,
  expirySeconds,
  mostBackOffSeconds,
  mostWaiting,
  type Outbox,
  put,
  tidy,
} from '../../../src/alerts/outbox.ts'

const note = (id: string) => sampleNotification({id, tool: '0.1.0', hub: 'hub'}, 0)
const idsIn = (outbox: Outbox, receiver: string) =>
  (outbox[receiver] ?? []).map(({notification}) => notification.id)

describe('the outbox', () => {
  it('keeps the order for each receiver, and what one has taken the other still gets', () => {
    const {outbox} = put({}, ['a', 'b'], [note('1'), note('2')], 0)
    const left = arrived(outbox, 'a', '1')
    expect(idsIn(left, 'a')).toEqual(['2'])
    expect(idsIn(left, 'b')).toEqual(['1', '2'])
  })

  it('counts attempts, and what is not taken stays first', () => {
    const {outbox} = put({}, ['a'], [note('1'), note('2')], 0)
    const first = begin(outbox, 'a')
    expect(first?.notification).toMatchObject({id: '1', attempt: 1})
    expect(begin(first?.outbox ?? {}, 'a')?.notification).toMatchObject({id: '1', attempt: 2})
    expect(begin({}, 'a')).toBeNull()
  })

  it('gives up the oldest beyond its bound, and says which', () => {
    const many = Array.from({length: mostWaiting}, (_one, place) => note(String(place)))
    const {outbox} = put({}, ['a'], many, 0)
    const {outbox: next, givenUp} = put(outbox, ['a'], [note('new')], 0)
    expect(idsIn(next, 'a')).toHaveLength(mostWaiting)
    expect(givenUp).toMatchObject([{receiver: 'a', why: 'too-many', notification: {id: '0'}}])
    expect(idsIn(next, 'a').at(-1)).toBe('new')
  })

  it('gives up what is a day old, and what is for nobody', () => {
    const old = put({}, ['a', 'b'], [note('old')], 0).outbox
    const {outbox} = put(old, ['a'], [note('new')], 1000)
    const tidied = tidy(outbox, ['a'], expirySeconds * 1000)
    expect(idsIn(tidied.outbox, 'a')).toEqual(['new'])
    expect(tidied.givenUp).toMatchObject([{receiver: 'a', why: 'expired', notification: {id: 'old'}}])
    expect(tidied.orphans).toEqual([{receiver: 'b', many: 1}])
  })

  it('loses nothing and repeats nothing in any order of puts and deliveries', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('put', 'take', 'fail'), {maxLength: 100}), moves => {
        let outbox: Outbox = {}
        let next = 0
        const taken: string[] = []
        for (const move of moves) {
          if (move === 'put') {
            outbox = put(outbox, ['a'], [note(String(next))], 0).outbox
            next += 1
            continue
          }
          const begun = begin(JSON.parse(JSON.stringify(outbox)), 'a')
          if (begun === null) continue
          outbox = begun.outbox
          if (move === 'fail') continue
          taken.push(begun.notification.id)
          outbox = arrived(outbox, 'a', begun.notification.id)
        }
        const all = Array.from({length: next}, (_one, place) => String(place))
        expect([...taken, ...idsIn(outbox, 'a')]).toEqual(all)
      }),
    )
  })

  it('waits longer after each failure, up to five minutes', () => {
    expect([1, 2, 3, 9, 10, 400].map(backOffSeconds)).toEqual([
      ...[1, 2, 4, 256],
      ...[mostBackOffSeconds, mostBackOffSeconds],
    ])
  })
})
