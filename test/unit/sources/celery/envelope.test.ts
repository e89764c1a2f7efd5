import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {
  decodeReply,
  encodeRequest,
  methods,
  requestOf,
  usualRound,
} from '../../../../src/sources/celery/envelope.ts'
import {duplicatesIn, nodesFrom, queueOptions} from '../../../../src/sources/celery/node.ts'
import {Replies} from '../../../../src/sources/celery/replies.ts'
import type {Json} from '../../../../src/sources/loose-json.ts'

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
        expect(reply).toEqual({ticket: 't', node, value: JSON.parse(JSON.stringify(value))})
      }),
    )
  })
})

describe('replies', () => {
  const round = () => new Replies(new Map(usualRound.map(({method}) => [`t-${method}`, method])))
  const recorded: Record<string, {replies: Record<string, Json>}> = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../recordings/celery/remote-control-replies.json'), 'utf8'),
  )
  const keys = {
    ...{ping: 'ping{}', stats: 'stats{}', active: 'active{"safe":true}', active_queues: 'active_queues{}'},
    ...{conf: 'conf{"with_defaults":false}', reserved: 'reserved{}'},
  }

  it('of a real node become a node, without any argument of its tasks', () => {
    const replies = round()
    for (const {method} of usualRound)
      for (const [node, value] of Object.entries(
        recorded[(keys as Record<string, string>)[method] ?? '']?.replies ?? {},
      ))
        replies.add({ticket: `t-${method}`, node, value})
    expect(replies.isComplete(1)).toBe(true)
    const nodes = nodesFrom(replies, 1795345800)
    expect(nodes).toEqual([
      {
        ...{answerSeconds: null, version: null},
        ...{name: 'a1@vm', pool: 'prefork', poolProcesses: 2, concurrency: 2, prefetch: 4, uptimeSeconds: 5},
        accepted: {'app.celery_app.sleepy': 2},
        active: [
          {
            id: '661075a6-562b-4d1e-a462-eb19b9ee7985',
            name: 'app.celery_app.sleepy',
            runningSeconds: expect.closeTo(2.13, 2),
            acknowledged: true,
            queue: 'celery',
            pid: 4354,
          },
          expect.objectContaining({name: 'app.celery_app.sleepy'}),
        ],
        reserved: 4,
        reservedTasks: [],
        ...{scheduled: null, scheduledTasks: [], registered: null},
        queues: ['celery', 'high'],
        conf: {
          sendsTaskEvents: true,
          acksLate: false,
          taskTimeLimitSeconds: null,
          taskSoftTimeLimitSeconds: null,
          prefetchMultiplier: 4,
          visibilityTimeoutSeconds: 3600,
          resultExpiresSeconds: 86_400,
          resultBackend: 'redis://127.0.0.1:6401/1',
        },
        broker: '127.0.0.1:6401/0',
      },
    ])
    expect(queueOptions(replies)).toEqual({steps: null, separator: null})
  })

  it('to other tickets do not count', () => {
    const replies = round()
    expect(replies.add({ticket: 'stranger', node: 'a', value: null})).toBe(false)
    expect(replies.names).toEqual([])
    expect(replies.isComplete(0)).toBe(true)
    expect(replies.isComplete(1)).toBe(false)
  })

  it('of two nodes under one name are paired and told', () => {
    const replies = round()
    for (const [processes, queue] of [
      [[1], 'a'],
      [[1, 2], 'b'],
    ] as const) {
      replies.add({ticket: 't-stats', node: 'same', value: {pool: {processes: [...processes]}}})
      replies.add({ticket: 't-active_queues', node: 'same', value: [{name: queue}]})
    }
    expect(duplicatesIn(replies)).toEqual(['same'])
    expect(nodesFrom(replies, 0).map(node => [node.poolProcesses, node.queues])).toEqual([
      [1, ['a']],
      [2, ['b']],
    ])
  })

  it('show no password of a result backend', () => {
    const replies = round()
    const backend = 'redis://me:CANARY@db:6379/1?password=CANARY'
    replies.add({ticket: 't-conf', node: 'a', value: {result_backend: backend}})
    expect(nodesFrom(replies, 0)[0]?.conf?.resultBackend).toBe('redis://db:6379/1')
  })

  it('of any shape become nodes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...methods), fc.string(), fc.jsonValue())), answers => {
        const replies = round()
        for (const [method, node, value] of answers)
          replies.add({ticket: `t-${method}`, node, value: JSON.parse(JSON.stringify(value))})
        for (const node of nodesFrom(replies, 0))
          expect(JSON.parse(JSON.stringify(node)).name).toBe(node.name)
      }),
    )
  })
})
