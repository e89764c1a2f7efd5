import {describe, expect, it} from 'vitest'
import {type Chunk, decodeFrames} from '../../../../src/sources/docker/frames.ts'
import {logLines} from '../../../../src/sources/docker/logs.ts'

const frame = (stream: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

const joined = (chunks: Chunk[], stream: Chunk['stream']) =>
  Buffer.concat(chunks.filter(chunk => chunk.stream === stream).map(({bytes}) => bytes)).toString()

describe('decodeFrames', () => {
  const wire = Buffer.concat([frame(1, 'héllo\n'), frame(2, 'oh\n'), frame(1, ''), frame(1, 'bye\n')])

  it.each([1, 2, 3, 7, 8, 9, 1000])('finds the frames in pieces of %i bytes', async size => {
    const chunks = await all(decodeFrames(pieces(wire, size), false))
    expect(joined(chunks, 'stdout')).toBe('héllo\nbye\n')
    expect(joined(chunks, 'stderr')).toBe('oh\n')
  })

  it('takes what comes with a tty as it is', async () => {
    const chunks = await all(decodeFrames(pieces(Buffer.from('plain\r\n'), 3), true))
    expect(joined(chunks, 'stdout')).toBe('plain\r\n')
  })
})

describe('logLines', () => {
  const lines = (bytes: Buffer, size: number) => all(logLines(decodeFrames(pieces(bytes, size), false)))

  it.each([1, 5, 64])('puts lines together from pieces of %i bytes, streams apart', async size => {
    const wire = Buffer.concat([
      frame(1, '2026-11-23T10:00:00.000000001Z first '),
      frame(2, '2026-11-23T10:00:00.000000002Z error\n'),
      frame(1, 'line\n2026-11-23T10:00:01.5Z \n2026-11-23T10:00:02Z no end'),
    ])
    expect(await lines(wire, size)).toEqual([
      {time: '2026-11-23T10:00:00.000000002Z', stream: 'stderr', text: 'error'},
      {time: '2026-11-23T10:00:00.000000001Z', stream: 'stdout', text: 'first line'},
      {time: '2026-11-23T10:00:01.5Z', stream: 'stdout', text: ''},
      {time: '2026-11-23T10:00:02Z', stream: 'stdout', text: 'no end'},
    ])
  })

  it('turns the local time of podman into UTC', async () => {
    const [line] = await lines(frame(1, '2026-11-23T12:00:00+02:00 x\n'), 64)
    expect(line?.time).toBe('2026-11-23T10:00:00.000Z')
  })

  it('cuts a line without an end, so that memory stays bounded', async () => {
    const wire = Buffer.concat([frame(1, 'x'.repeat(200_000)), frame(1, '\nnext\n')])
    const [long, next] = await lines(wire, 16_384)
    expect(long?.text.length).toBeLessThanOrEqual(64 * 1024 + 16_384)
    expect(next?.text).toBe('next')
  })
})
