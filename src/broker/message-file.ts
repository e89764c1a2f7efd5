import {isUtf8} from 'node:buffer'
import {createHash, type Hash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'

const format = 'hub-mon/messages@1'

/** The first line of a file of messages: what they are and where they belong. */
export type Heading = {
  id: string
  queue: string
  /** ISO 8601: when they were taken. */
  takenAt: string
  /** Version of hub-mon. */
  tool: string
  broker: {
    /** Compose project; `null` without one. */
    project: string | null
    /** Without credentials: `127.0.0.1:6379/0`. */
    address: string
    database: number
    keyPrefix: string
  }
  /** In the order of the file: the most urgent first. `home` is the key of the list. */
  lists: {step: number; home: string; messages: number}[]
}

/** `message` is byte for byte what stood in Redis. */
export type KeptMessage = {step: number; message: Buffer}

/** A name for the file that any file system takes, whatever the queue is called. */
export function fileNameFor(queue: string, now: Date): string {
  const safe = queue
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^[.-]+/, '_')
    .slice(0, 80)
  const time = now.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')
  return `hub-mon-${safe}-${time}.jsonl`
}

/** Writes messages into a new file that its owner alone may read; complete only once `end` has returned. */
export class MessageWriter {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #hash: Hash = createHash('sha256')
  #messages = 0

  private constructor(handle: FileHandle, file: string) {
    this.#handle = handle
    this.#path = file
  }

  /** Throws a `HubError` when there is such a file already, or none can be made there. */
  static async create(file: string): Promise<MessageWriter> {
    try {
      return new MessageWriter(await open(file, 'wx', 0o600), file)
    } catch (error) {
      throw fileError(error, file)
    }
  }

  async begin(heading: Heading): Promise<void> {
    await this.#write(`${JSON.stringify({format, ...heading})}\n`)
  }

  async add(messages: readonly KeptMessage[]): Promise<void> {
    const lines = messages.map(lineOf).join('')
    this.#hash.update(lines)
    this.#messages += messages.length
    await this.#write(lines)
  }

  /** Writes the last line and waits until the disk has all of it, and the name of the file, too. */
  async end(): Promise<void> {
    await this.#write(
      `${JSON.stringify({end: true, messages: this.#messages, sha256: this.#hash.digest('hex')})}\n`,
    )
    await this.#handle.sync()
    await this.#handle.close()
    await syncDirectory(path.dirname(this.#path))
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {})
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#handle.writeFile(text)
    } catch (error) {
      throw fileError(error, this.#path)
    }
  }
}

/** Some file systems cannot; the file itself is on the disk then all the same. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => null)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

function lineOf({step, message}: KeptMessage): string {
  return `${JSON.stringify(
    isUtf8(message) ? {step, message: message.toString('utf8')} : {step, base64: message.toString('base64')},
  )}\n`
}

/** The first line of a file of messages. Throws a `HubError` (64) when it is none. */
export async function readHeading(file: string): Promise<Heading> {
  for await (const line of linesOf(file)) return headingFrom(line, file)
  throw notOurs(file)
}

/**
 * The messages of a file, in bounded batches; throws a `HubError` (69) as soon as something is wrong with it: before
 * anything is done with them, all of it has to be read once.
 */
export async function* messagesOf(file: string): AsyncGenerator<KeptMessage[]> {
  const hash = createHash('sha256')
  let heading: Heading | null = null
  const counts = new Map<number, number>()
  let batch: KeptMessage[] = []
  let bytes = 0
  let ended = false
  for await (const line of linesOf(file)) {
    if (heading === null) {
      heading = headingFrom(line, file)
      continue
    }
    if (ended) throw damaged(file, 'there is more behind its last line')
    const value = objectFrom(line)
    if (value?.end === true) {
      if (value.sha256 !== hash.digest('hex')) throw damaged(file, 'its checksum is another')
      ended = true
      continue
    }
    const kept = messageFrom(value)
    if (kept === null) throw damaged(file, 'a line of it holds no message')
    hash.update(line).update('\n')
    counts.set(kept.step, (counts.get(kept.step) ?? 0) + 1)
    batch.push(kept)
    bytes += kept.message.length
    if (batch.length >= mostMessagesAtOnce || bytes >= mostBytesAtOnce) {
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (heading === null) throw notOurs(file)
  if (!ended) throw damaged(file, 'its end is missing: it was not written to its end')
  if (heading.lists.some(({step, messages}) => (counts.get(step) ?? 0) !== messages))
    throw damaged(file, 'it holds another number of messages than it says')
  if (batch.length > 0) yield batch
}

const mostMessagesAtOnce = 200
const mostBytesAtOnce = 1024 * 1024

/** Reads all of a file; throws a `HubError` (69) when something is wrong with it. */
export async function checkFile(file: string): Promise<number> {
  let messages = 0
  for await (const batch of messagesOf(file)) messages += batch.length
  return messages
}

/** Lines by their bytes: a reader of text would break them in other places, too. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  try {
    for await (const chunk of createReadStream(file, {highWaterMark: 256 * 1024})) {
      let rest: Buffer = chunk
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
        yield Buffer.concat([...pieces, rest.subarray(0, end)])
        pieces = []
        rest = rest.subarray(end + 1)
      }
      if (rest.length > 0) pieces.push(rest)
    }
  } catch (error) {
    throw error instanceof HubError ? error : fileError(error, file)
  }
  if (pieces.length > 0) throw damaged(file, 'its last line is cut off')
}

function headingFrom(line: Buffer, file: string): Heading {
  const value = objectFrom(line)
  if (value?.format !== format) throw notOurs(file)
  const {id, queue, takenAt, tool, broker, lists} = value as Partial<Heading>
  const whole =
    [id, queue, takenAt, tool, broker?.address, broker?.keyPrefix].every(word => typeof word === 'string') &&
    (broker?.project === null || typeof broker?.project === 'string') &&
    Number.isInteger(broker.database) &&
    Array.isArray(lists) &&
    lists.every(
      ({step, home, messages}) =>
        Number.isInteger(step) && typeof home === 'string' && Number.isInteger(messages),
    )
  if (!whole) throw damaged(file, 'its first line is not whole')
  return {id, queue, takenAt, tool, broker, lists} as Heading
}

function messageFrom(value: Record<string, unknown> | null): KeptMessage | null {
  const {step, message, base64} = value ?? {}
  if (typeof step !== 'number') return null
  if (typeof message === 'string') return {step, message: Buffer.from(message, 'utf8')}
  return typeof base64 === 'string' ? {step, message: Buffer.from(base64, 'base64')} : null
}

function objectFrom(line: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function notOurs(file: string): HubError {
  return new HubError('usage', 'no-messages', `${file} is no file of hub-mon queues purge`)
}

function damaged(file: string, why: string): HubError {
  return new HubError('unavailable', 'file-damaged', `${file} is damaged: ${why}`, {
    detail: 'Nothing of it was put back.',
  })
}

function fileError(error: unknown, file: string): HubError {
  const code = error instanceof Error && 'code' in error ? error.code : null
  const why =
    code === 'EEXIST'
      ? 'it is there already'
      : code === 'ENOENT'
        ? 'there is no such file or folder'
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'permission denied'
          : code === 'ENOSPC'
            ? 'the disk is full'
            : code === 'EISDIR'
              ? 'it is a folder'
              : error instanceof Error
                ? error.message
                : String(error)
  return new HubError('unavailable', 'file-failed', `${file}: ${why}`, {cause: error})
}
