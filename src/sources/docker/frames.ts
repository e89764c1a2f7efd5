/** A piece of a container's output. */
export type Chunk = {stream: 'stdout' | 'stderr'; bytes: Buffer}

const headerLength = 8

/**
 * Takes the engine's output apart: frames of an 8-byte header (stream, length) and a payload.
 * With a tty there are no frames, and everything is stdout.
 */
export async function* decodeFrames(
  source: AsyncIterable<Buffer | string>,
  tty: boolean,
): AsyncGenerator<Chunk> {
  let header = Buffer.alloc(0)
  let missing = 0
  let stream: Chunk['stream'] = 'stdout'
  for await (const piece of source) {
    let rest = typeof piece === 'string' ? Buffer.from(piece) : piece
    if (tty) {
      yield {stream, bytes: rest}
      continue
    }
    while (rest.length > 0) {
      if (missing === 0) {
        const wanted = headerLength - header.length
        header = Buffer.concat([header, rest.subarray(0, wanted)])
        rest = rest.subarray(wanted)
        if (header.length < headerLength) continue
        stream = header[0] === 2 ? 'stderr' : 'stdout'
        missing = header.readUInt32BE(4)
        header = Buffer.alloc(0)
        continue
      }
      // A frame is handed on as it comes, so that a long one needs no memory.
      yield {stream, bytes: rest.subarray(0, missing)}
      const taken = Math.min(missing, rest.length)
      rest = rest.subarray(taken)
      missing -= taken
    }
  }
}
