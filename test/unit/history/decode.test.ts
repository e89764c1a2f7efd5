import {readFileSync} from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {decodeEvents} from '../../../src/history/decode.ts'
import {type Event, isOfNode} from '../../../src/history/event.ts'
import {Pushes} from '../../../src/history/pushes.ts'

const file = path.join(import.meta.dirname, '../../recordings/celery/pubsub.jsonl')
const recorded: {channel: string; message: string}[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const ofEvents = recorded.filter(({channel}) => channel.includes('celeryev'))
const envelope = (body: unknown, more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64'),
      'content-encoding': 'utf-8',
      'content-type': 'application/json',
      properties: {body_encoding: 'base64'},
      ...more,
    }),
  )

describe('the events of real workers', () => {
  const events = ofEvents.flatMap(({message}) => decodeEvents(Buffer.from(message)) ?? [])

  it('are all read, with the same content by the short way and the long one', () => {
    const spaced = ofEvents.flatMap(({message}) => decodeEvents(Buffer.from(` ${message}`)) ?? [])
    expect(events).toEqual(spaced)
    expect(events.length).toBeGreaterThanOrEqual(ofEvents.length)
  })

  it('tell what became of each task', () => {
    const kinds = new Map<string, number>()
    for (const {kind} of events) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    for (const kind of ['received', 'started', 'succeeded', 'failed', 'retried', 'revoked', 'heartbeat'])
      expect(kinds.get(kind), kind).toBeGreaterThan(0)
    const named = events.filter((event): event is Exclude<Event, {pid: number}> => !isOfNode(event))
    for (const {kind, name} of named) if (kind === 'received') expect(name).toMatch(/\w/)
    expect(named.find(({kind}) => kind === 'failed')?.exception).toMatch(/\w/)
  })
})

describe('what is no event', () => {
  it('is told from what merely is not recorded', () => {
    expect(decodeEvents(Buffer.alloc(0))).toEqual([])
    expect(decodeEvents(envelope({type: 'custom', hostname: 'a'}))).toEqual([])
    expect(decodeEvents(Buffer.from('{'))).toBeNull()
    expect(decodeEvents(envelope('gASV', {'content-type': 'application/x-python-serialize'}))).toBeNull()
  })

  it('takes what Python writes beside the standard, and UTF-8', () => {
    const raw = '{"type":"task-succeeded","uuid":"x","hostname":"é","runtime":NaN,"timestamp":1}'
    expect(decodeEvents(envelope(raw))).toEqual([expect.objectContaining({node: 'é', runtime: null})])
  })

  it('is not taken from a heartbeat that does not tell it', () => {
    const asked = {type: 'worker-heartbeat', hostname: 'a@x', pid: 7, freq: 5, timestamp: 1}
    expect(decodeEvents(envelope(asked))).toEqual([
      {kind: 'heartbeat', node: 'a@x', pid: 7, processed: null, timestamp: 1},
    ])
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void decodeEvents(Buffer.from(bytes))))
    fc.assert(fc.property(fc.json(), text => void decodeEvents(envelope(text))))
    fc.assert(
      fc.property(fc.constantFrom(...ofEvents), fc.nat(), fc.nat({max: 255}), ({message}, at, byte) => {
        const bytes = Buffer.from(message)
        bytes[at % bytes.length] = byte
        decodeEvents(bytes)
      }),
    )
  })
})

describe('what comes over the socket', () => {
  const push = (...parts: string[]) =>
    Buffer.from(
      `*${parts.length}\r\n${parts.map(part => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`,
    )
  const stream = Buffer.concat([
    Buffer.from('*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n'),
    ...ofEvents.map(({channel, message}) => push('pmessage', '/0.celeryev/*', channel, message)),
    push('pong', ''),
  ])

  it('is cut into the same messages wherever it is broken', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({max: stream.length}), {maxLength: 20}), cuts => {
        const pushes = new Pushes()
        const seen: string[] = []
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length]
        for (const [nth, from] of places.slice(0, -1).entries())
          pushes.feed(stream.subarray(from, places[nth + 1]), ({kind, payload}) =>
            seen.push(`${kind} ${payload}`),
          )
        expect(seen.length).toBe(ofEvents.length + 2)
        expect(seen.at(1)).toBe(`pmessage ${ofEvents[0]?.message}`)
        expect(seen.at(-1)).toBe('pong ')
      }),
      {numRuns: 50},
    )
  })

  it('is refused when it is not what a subscriber gets', () => {
    for (const bad of [
      '+OK\r\n',
      '*1000\r\n',
      '*1\r\n$99999999999\r\n',
      'HTTP/1.1 200\r\n',
      '-ERR no\r\n',
      '*1\r\n$x\r\n',
    ])
      expect(() => new Pushes().feed(Buffer.from(bad), () => {}), bad).toThrow()
  })

  it('ends in an error or in messages, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        try {
          new Pushes().feed(Buffer.from(bytes), () => {})
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })
})
