import {readFile, rename, stat, writeFile} from 'node:fs/promises'
import {HubError} from '../errors/hub-error.ts'
import {type SourceId, sourceIds} from './reading.ts'
import {type Snapshot, snapshotSchema} from './snapshot.ts'

/** More than any snapshot has: a wrong file is refused before it fills the memory. */
const mostBytes = 64 * 1024 * 1024

/** Writes a snapshot for `doctor --from` and `stats --saved`; readable by its owner alone. Never leaves half a file. */
export async function saveSnapshot(snapshot: Snapshot, file: string): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`
  try {
    await writeFile(unfinished, `${JSON.stringify(snapshot, null, 2)}\n`, {mode: 0o600})
    await rename(unfinished, file)
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    throw new HubError(
      'permission',
      'not-written',
      `cannot write the snapshot to ${file}: ${code ?? message}`,
    )
  }
}

/** Reads a snapshot that was saved before, by this version or another one of the same schema. */
export async function loadSnapshot(file: string): Promise<Snapshot> {
  const unreadable = (error: NodeJS.ErrnoException) => {
    throw noSnapshot(file, error)
  }
  const {size} = await stat(file).catch(unreadable)
  if (size > mostBytes) throw badSnapshot(file, 'it is too large')
  return parseSnapshot(await readFile(file, 'utf8').catch(unreadable), file)
}

/** A snapshot from the text that `file` holds. Throws a `HubError` (64) that says what is wrong with it. */
export function parseSnapshot(text: string, file: string): Snapshot {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badSnapshot(file, 'it is not JSON')
  }
  const wrong = firstFault(value)
  if (wrong !== null) throw badSnapshot(file, wrong)
  return value as Snapshot
}

export function noSnapshot(file: string, {code, message}: NodeJS.ErrnoException): HubError {
  return new HubError('usage', 'no-snapshot', `cannot read the snapshot ${file}: ${code ?? message}`)
}

export function badSnapshot(file: string, why: string): HubError {
  return new HubError('usage', 'bad-snapshot', `${file} is no snapshot of hub-mon: ${why}`, {
    suggestions: ['hub-mon doctor --save incident.json'],
  })
}

/** Only what everything else stands on; a fault deeper down makes the check that meets it `unknown`. */
function firstFault(value: unknown): string | null {
  if (!isObject(value)) return 'it is not an object'
  if (value.schema !== snapshotSchema)
    return `its schema is ${JSON.stringify(value.schema)}, not ${snapshotSchema}`
  if (!isObject(value.target) || !Array.isArray(value.target.flags)) return 'it has no target'
  if (!isObject(value.expected) || !Array.isArray(value.expected.bounds)) return 'it has no expectations'
  if (typeof value.takenAt !== 'string' || typeof value.tool !== 'string')
    return 'it does not say when it was taken'
  if (!isObject(value.sources)) return 'it has no sources'
  for (const [source, reading] of Object.entries(value.sources)) {
    if (!sourceIds.includes(source as SourceId)) return `it has an unknown source ${JSON.stringify(source)}`
    if (!isReading(reading)) return `its reading of ${source} is broken`
  }
  return null
}

function isReading(reading: unknown): boolean {
  if (!isObject(reading)) return false
  const {status, value, error} = reading
  const errorFits = isObject(error) && typeof error.code === 'string' && typeof error.message === 'string'
  if (status === 'unavailable') return errorFits
  return isObject(value) && (status === 'fresh' || (status === 'partial' && errorFits))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
