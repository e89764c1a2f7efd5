import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {
  decodeReply,
  encodeRequest,
  longestReply,
  methods,
  requestOf,
} from '../../../../../src/sources/celery/nodes/envelope.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const envelope = (ticket: string, body: string, more: object = {}) =>
  JSON.stringify({
    body: base64(body),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {ticket, clock: 3},
    properties: {body_encoding: 'base64'},
    ...more,
  })

describe('a request', () => {
  it.each(methods)('%s is what kombu expects, and has no destination', method => {
    const to = {oid: 'o', replyExchange: 'reply.celery.pidbox', exchange: 'celery.pidbox', expires: 1}
    const text = encodeRequest(requestOf({method}, 't'), to)
    const outer = JSON.parse(text)
    expect(outer['content-type']).toBe('application/json')
    expect(JSON.parse(Buffer.from(outer.body, 'base64').toString())).toEqual({
      method,
      arguments: method === 'active' ? {safe: true} : method === 'conf' ? {with_defaults: false} : {},
      destination: null,
      pattern: null,
      matcher: null,
      ticket: 't',
      reply_to: {exchange: 'reply.celery.pidbox', routing_key: 'o'},
    })
  })

  it('never acts on a node', () => {
    for (const acting of ['shutdown', 'revoke', 'pool_restart', 'enable_events', 'rate_limit'])
      expect(methods).not.toContain(acting)
  })
})

describe('a reply', () => {
  it('gives node and value', () => {
    expect(decodeReply(envelope('t', '{"a@b": {"ok": "pong"}}'))).toEqual({
      ticket: 't',
      node: 'a@b',
      value: {ok: 'pong'},
      clock: 3,
    })
  })

  it('may hold NaN and Infinity, which are nothing, and strings that say so, which stay', () => {
    const body = String.raw`{"a@b": {"x": NaN, "y": [-Infinity, "say \"NaN\" \\", Infinity], "z": "NaN"}}`
    expect(decodeReply(envelope('t', body))).toMatchObject({
      value: {x: null, y: [null, 'say "NaN" \\', null], z: 'NaN'},
    })
  })

  it('in pickle is counted and never opened', () => {
    const pickled = envelope('t', 'gASV', {'content-type': 'application/x-python-serialize'})
    expect(decodeReply(pickled)).toEqual({ticket: 't', unreadable: true})
  })

  it('that is too long is counted by what stands at its end, and never opened', () => {
    const long = envelope('t', JSON.stringify({'a@b': 'x'.repeat(longestReply)})).replaceAll(
      /":"|":\{|","/g,
      seam => `${seam.slice(0, 2)} ${seam.slice(2)}`,
    )
    expect(decodeReply(long)).toEqual({ticket: 't', unreadable: true})
    expect(decodeReply('x'.repeat(longestReply + 1))).toBeNull()
  })

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '{"body": 1}',
    envelope('t', 'no json'),
    envelope('t', '[]'),
    envelope('t', '{}'),
  ])('that is none is nothing: %s', text => expect(decodeReply(text)).toBeNull())

  it('of any text never fails', () => {
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void decodeReply(text)))
    fc.assert(fc.property(fc.json(), text => void decodeReply(text)))
    fc.assert(fc.property(fc.json(), body => void decodeReply(envelope('t', body))))
  })

  it('is given back whole for any node and value', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (node, value) => {
        const reply = decodeReply(envelope('t', `{${JSON.stringify(node)}: ${JSON.stringify(value)}}`))
        // A name like __proto__ is a name like any other.
        expect(reply).toEqual({ticket: 't', node, value: JSON.parse(JSON.stringify(value)), clock: 3})
      }),
    )
  })
})
