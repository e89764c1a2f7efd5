import {describe, expect, it} from 'vitest'
import {
  leftoverOid,
  listsOf,
  namesFrom,
  nodeOf,
  ownOid,
  queueOf,
  replyBindingOf,
  requestChannelOf,
  separatorIn,
} from '../../../../src/sources/celery/names.ts'

const usual = namesFrom([], 0)

describe('names of a hub', () => {
  it('are Celery’s own where nothing tells otherwise', () => {
    expect(usual).toEqual({
      ...{database: 0, prefix: '', control: 'celery'},
      ...{channelPrefix: '/0.', separator: '\x06\x16'},
    })
    expect(requestChannelOf(namesFrom([], 2))).toBe('/2.celery.pidbox')
  })

  it('follow a key prefix and another control exchange', () => {
    const keys = [
      'my:_kombu.binding.ctl.pidbox',
      'my:_kombu.binding.reply.ctl.pidbox',
      'my:_kombu.binding.celery',
    ]
    expect(requestChannelOf(namesFrom(keys, 1))).toBe('my:/1.ctl.pidbox')
  })

  it('do not guess between several', () => {
    const keys = ['a:_kombu.binding.celery', 'b:_kombu.binding.celery']
    expect(namesFrom(keys, 0).prefix).toBe('')
  })
})

it('a queue has a list a priority step', () => {
  expect(listsOf(usual, 'q')).toEqual([
    [0, 'q'],
    [3, 'q\x06\x163'],
    [6, 'q\x06\x166'],
    [9, 'q\x06\x169'],
  ])
})

it.each([
  ['celery\x06\x16\x06\x16celery', 'celery'],
  ['\x06\x16\x06\x16a@b.celery.pidbox', 'a@b.celery.pidbox'],
  ['nonsense', null],
  ['a\x06\x16\x06\x16', null],
  ['', null],
])('the queue of %j is %j', (binding, queue) => expect(queueOf(binding)).toBe(queue))

it('a node’s name is what stands before its mailbox', () => {
  expect(nodeOf('\x06\x16\x06\x16celery@host.celery.pidbox', usual)).toBe('celery@host')
  expect(nodeOf('\x06\x16\x06\x16celery@host.other.pidbox', usual)).toBeNull()
})

describe('what a killed run of ours has left', () => {
  const now = 1_800_000_000_000
  const left = (age: number) => leftoverOid(replyBindingOf(usual, ownOid(12, now - age, '00ff00ff')), now)

  it('is known after an hour, not before', () => {
    expect(left(3_601_000)).toBe(`hub-mon-12-${now - 3_601_000}-00ff00ff`)
    expect(left(3_599_000)).toBeNull()
  })

  it.each(['6a2f6ec4-3f5e-3d2e-9a55-111111111111', 'hub-mon-x', 'hub-mon-1-2-3', ''])('is not %j', oid =>
    expect(leftoverOid(replyBindingOf(usual, oid), now)).toBeNull(),
  )
})

describe('the separator of a mailbox', () => {
  it.each([
    [['\x06\x16\x06\x16celery@host.celery.pidbox'], '\x06\x16'],
    [['::celery@host.celery.pidbox'], ':'],
    [['----celery@host.celery.pidbox'], '--'],
    [['::a@b.celery.pidbox', '\x06\x16\x06\x16c@d.celery.pidbox'], '\x06\x16'],
    [['celery@host.celery.pidbox'], null],
    [[''], null],
    [[], null],
  ])('in %j is %j', (bindings, found) => expect(separatorIn(bindings)).toBe(found))
})
