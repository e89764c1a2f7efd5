import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {decodeDelivered, decodeHeaders} from '../../../../../src/sources/celery/queues/message.ts'
import {type ListLook, sampleOf} from '../../../../../src/sources/celery/queues/messages.ts'

const message = (headers: object, more: object = {}) => ({
  body: 'W1sxLCAyXSwge30sIHt9XQ==',
  'content-encoding': 'utf-8',
  'content-type': 'application/json',
  headers,
  properties: {delivery_tag: 't'},
  ...more,
})
/** As Python writes it: a space behind colons and commas. */
const written = (value: unknown) =>
  Buffer.from(JSON.stringify(value).replace(/^(\[?)\{"body":"/, '$1{"body": "'))

describe('headers of a message', () => {
  it('are read whatever the body is, which is passed over', () => {
    const text = written(message({task: 'app.add', id: 'i1', eta: '2026-11-23T10:00:00', retries: 2}))
    const expected = {
      id: 'i1',
      task: 'app.add',
      eta: '2026-11-23T10:00:00',
      retries: 2,
      contentType: 'application/json',
    }
    expect(decodeHeaders(text)).toEqual(expected)
    expect(
      decodeHeaders(Buffer.from(text.toString().replace('"body": "W1s', '"body": "\xff\x00W1s'))),
    ).toEqual(expected)
  })

  it('are read in other spellings, too', () => {
    const headers = {task: 'a', id: 'b', eta: null, retries: 0}
    const {body, ...rest} = message(headers)
    for (const text of [
      JSON.stringify({...rest, body}),
      JSON.stringify(message(headers, {body: 'say "hi" \\ {'})).replace('{"body":"', '{"body": "'),
      JSON.stringify(message(headers)).replace('"retries":0', '"retries":0,"timelimit":[NaN,-Infinity]'),
    ])
      expect(decodeHeaders(Buffer.from(text))).toMatchObject({task: 'a', id: 'b'})
  })

  it('tell nothing of what is no message, and never throw', () => {
    for (const text of ['', '{', '[]', 'null', '1', '{"body": "', '{"body": "x', '"x"', '[[]]'])
      expect(decodeHeaders(Buffer.from(text))).toBeNull()
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map(text => Buffer.from(text)),
        ),
        bytes => {
          decodeHeaders(Buffer.from(bytes))
          decodeDelivered(Buffer.from(bytes))
        },
      ),
    )
  })

  it('are the same as if all had been parsed', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({unit: 'binary'}),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (body, task, more) => {
          const text = written(message({task, id: body, ...more}, {body}))
          const parsed = JSON.parse(text.toString())
          const headers = parsed.headers as Record<string, unknown>
          expect(decodeHeaders(text)?.task).toBe(
            typeof headers.task === 'string' ? headers.task.slice(0, 255) : null,
          )
        },
      ),
    )
  })

  it('have a bound', () => {
    expect(decodeHeaders(written(message({task: 'x'.repeat(1e6)})))?.task).toHaveLength(255)
  })

  it('of an unacknowledged entry come with where it would go back to', () => {
    const entry = [message({task: 'a', id: 'b'}), 'media', 'media.video']
    expect(decodeDelivered(written(entry))).toMatchObject({
      task: 'a',
      exchange: 'media',
      routingKey: 'media.video',
    })
    expect(decodeDelivered(written([message({task: 'a', id: 'b'})]))).toMatchObject({routingKey: null})
    expect(decodeDelivered(written(message({task: 'a'})))).toBeNull()
  })
})

describe('a sample', () => {
  const list = (step: number, messages: Buffer[], more: Partial<ListLook> = {}): ListLook => ({
    step,
    key: `q${step}`,
    length: messages.length,
    messages,
    fromNewest: true,
    ...more,
  })
  const of = (task: string, type = 'application/json') =>
    written(message({task, id: task}, {'content-type': type}))

  it('is of all lists; the oldest is of the most urgent one', () => {
    const sample = sampleOf({
      name: 'q',
      averageBytes: 200,
      lists: [list(9, [of('late'), of('b')]), list(0, [of('b'), of('first', 'application/x-yaml')])],
    })
    expect(sample).toMatchObject({
      messages: 4,
      complete: true,
      oldest: {task: 'first'},
      byTask: [
        {task: 'b', messages: 2},
        {task: 'first', messages: 1},
        {task: 'late', messages: 1},
      ],
      unreadable: [{contentType: 'application/x-yaml', messages: 1}],
      averageBytes: 200,
    })
    expect(sample?.seen?.map(({task}) => task)).toEqual(['first', 'b', 'b', 'late'])
  })

  it('names no oldest where the most urgent list could not be read', () => {
    const sample = sampleOf({
      name: 'q',
      averageBytes: 9e6,
      lists: [list(0, [], {length: 3}), list(3, [of('a')])],
    })
    expect(sample).toMatchObject({messages: 1, complete: false, oldest: null})
  })

  it('is none where nothing is known', () => {
    expect(sampleOf({name: 'q', averageBytes: null, lists: []})).toBeNull()
  })
})
