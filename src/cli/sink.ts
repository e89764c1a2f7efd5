import {once} from 'node:events'
import {type FileHandle, open, unlink} from 'node:fs/promises'
import {HubError} from '../errors/hub-error.ts'

/** Where a long text goes, piece by piece. */
export type Sink = {
  /** Waits until there is room for more; `false` when nobody reads any more. */
  write: (piece: string) => Promise<boolean>
  /** All of it is written. */
  end: () => Promise<void>
  /** It will not be finished: half a file is not left behind. */
  discard: () => Promise<void>
}

/** A new file. Throws a `HubError`: 64 when there is one of that name, 69 where none can be written. */
export async function fileSink(path: string): Promise<Sink> {
  const handle = await open(path, 'wx').catch((error: unknown) => {
    throw notWritten(path, error)
  })
  return {
    async write(piece) {
      await written(handle, path, piece)
      return true
    },
    async end() {
      await handle.close()
    },
    async discard() {
      await handle.close().catch(() => {})
      await unlink(path).catch(() => {})
    },
  }
}

/** A stream that others read, who may have seen enough (`| head`): that is no failure. */
export function streamSink(stream: NodeJS.WritableStream, signal: AbortSignal): Sink {
  const left = new AbortController()
  stream.on('error', () => left.abort())
  const over = AbortSignal.any([signal, left.signal])
  return {
    async write(piece) {
      if (!over.aborted && !stream.write(piece)) await once(stream, 'drain', {signal: over}).catch(() => {})
      return !over.aborted
    },
    async end() {},
    async discard() {},
  }
}

async function written(handle: FileHandle, path: string, piece: string): Promise<void> {
  try {
    await handle.writeFile(piece)
  } catch (error) {
    throw notWritten(path, error)
  }
}

function notWritten(path: string, error: unknown): HubError {
  const {code, message} = error as NodeJS.ErrnoException
  if (code === 'EEXIST')
    return new HubError('usage', 'file-exists', `${path} is there already, and is not written over`, {
      suggestions: [`rm -- ${path}`, 'another name for --output'],
    })
  return new HubError('unavailable', 'not-written', `cannot write ${path}: ${code ?? message}`)
}
