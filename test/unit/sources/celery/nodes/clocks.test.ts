import {readFileSync} from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {decodeHeartbeat, offsetOf} from '../../../../../src/sources/celery/nodes/clocks.ts'

const file = path.join(import.meta.dirname, '../../../../recordings/celery/pubsub.jsonl')
const recorded: {channel: string; message: string}[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

describe('a heartbeat', () => {
  it('of a real node tells who it is and what its clock shows; nothing else is one', () => {
    for (const {channel, message} of recorded) {
      const heartbeat = decodeHeartbeat(message)
      if (!channel.endsWith('worker.heartbeat')) expect(heartbeat, channel).toBeNull()
      else
        expect(heartbeat).toEqual({
          node: expect.stringMatching(/@/),
          pid: expect.any(Number),
          timestamp: expect.closeTo(1_795_000_000, -7),
        })
    }
    expect(recorded.some(({channel}) => channel.endsWith('worker.heartbeat'))).toBe(true)
  })

  it('of any text never fails', () => {
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void decodeHeartbeat(text)))
    fc.assert(fc.property(fc.json(), text => void decodeHeartbeat(text)))
  })
})

describe('the offset of a clock', () => {
  it.each([
    ['shows when it was heard', 110, 0],
    ['shows any time since it was asked', 104, 0],
    ['shows when it was asked', 100, 0],
    ['is ahead of what comes', 3710, 3600],
    ['is behind what was', -3500, -3600],
  ])('that %s', (_, timestamp, offset) => expect(offsetOf(timestamp, 100, 110)).toBe(offset))
})
