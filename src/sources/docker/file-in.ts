import {asked, type Engine} from './engine.ts'

const blockBytes = 512

/** A small file of a container, as text; `null` when it is not there, larger than that, or no file. */
export async function fileIn(
  engine: Engine,
  container: string,
  path: string,
  signal: AbortSignal,
  mostBytes = 64 * 1024,
): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    signal.throwIfAborted()
    const stream = await asked(
      engine,
      engine.client.getContainer(container).getArchive({path}) as Promise<NodeJS.ReadableStream>,
      signal,
    )
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > mostBytes || signal.aborted) break
    }
  } catch {
    return null
  }
  return contentOf(Buffer.concat(chunks))
}

/** The engine sends a tar of one file: a block that describes it, then its content. */
function contentOf(tar: Buffer): string | null {
  if (tar.length < blockBytes || !/^[0\0]$/.test(tar.toString('latin1', 156, 157))) return null
  const size = Number.parseInt(tar.toString('latin1', 124, 136), 8)
  const end = blockBytes + size
  return Number.isNaN(size) || tar.length < end ? null : tar.toString('utf8', blockBytes, end)
}
