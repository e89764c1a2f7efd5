import {type FileHandle, open, readFile, rm, stat} from 'node:fs/promises'
import {promisify} from 'node:util'
import {gunzip, gzip} from 'node:zlib'
import {HubError} from '../errors/hub-error.ts'

/** All files of a bundle together, unpacked: what is more was made by nobody honest. */
const mostUnpackedBytes = 64 * 1024 * 1024
const mode = 0o600

/** A file that is there and empty, for this name alone; whoever made it fills it or takes it away. */
export type Reserved = {write: (bytes: Uint8Array) => Promise<void>; abandon: () => Promise<void>}

/** Makes the file before there is anything to write: never over another one, readable by its owner alone. Throws a `HubError` (69). */
export async function reserve(file: string): Promise<Reserved> {
  const refused = ({code, message}: NodeJS.ErrnoException) =>
    code === 'EEXIST'
      ? new HubError('unavailable', 'exists', `${file} is there already, and is not written over`, {
          suggestions: ['name another one: --output FILE'],
        })
      : new HubError('unavailable', 'not-written', `cannot write the bundle to ${file}: ${code ?? message}`, {
          suggestions: ['name another place: --output FILE'],
        })
  let handle: FileHandle
  try {
    handle = await open(file, 'wx', mode)
  } catch (error) {
    throw refused(error as NodeJS.ErrnoException)
  }
  const abandon = async () => {
    await handle.close().catch(() => {})
    await rm(file, {force: true})
  }
  return {
    abandon,
    async write(bytes) {
      try {
        await handle.writeFile(bytes)
        await handle.sync()
        await handle.close()
      } catch (error) {
        await abandon()
        throw refused(error as NodeJS.ErrnoException)
      }
    },
  }
}

/** A `.tar.gz` of these files, below one folder. */
export async function pack(
  folder: string,
  files: readonly {name: string; text: string}[],
  at: Date,
): Promise<Uint8Array> {
  const {packTar} = await import('modern-tar')
  const entries = files.map(({name, text}) => {
    const body = Buffer.from(text)
    return {header: {name: `${folder}/${name}`, size: body.length, mode, mtime: at}, body}
  })
  return await promisify(gzip)(await packTar(entries))
}

/** Whether a file begins as gzip does. */
export async function isPacked(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b
  } finally {
    await handle.close()
  }
}

/**
 * The text of the first file of this name in whichever folder of a bundle; `null` when there is none. Nothing is written and no name
 * is taken for a path. Throws a plain `Error` that says why for what is no archive, broken off, or larger than any bundle.
 */
export async function readPacked(file: string, name: string): Promise<string | null> {
  const tooLarge = new Error(`unpacked it has more than ${mostUnpackedBytes / 1024 / 1024} MB`)
  if ((await stat(file)).size > mostUnpackedBytes) throw tooLarge
  const unpacked = await promisify<Buffer, {maxOutputLength: number}, Buffer>(gunzip)(await readFile(file), {
    maxOutputLength: mostUnpackedBytes,
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : error
  })
  const {unpackTar} = await import('modern-tar')
  const isSought = (header: {type?: string | undefined; name: string}) =>
    header.type === 'file' && header.name.split('/').at(-1) === name
  const [found] = await unpackTar(unpacked, {strict: true, filter: isSought})
  return found === undefined ? null : Buffer.from(found.data ?? []).toString()
}
