import {readFile, rename, writeFile} from 'node:fs/promises'
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
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new HubError(
      'usage',
      'no-snapshot',
      `cannot read the snapshot ${file}: ${error.code ?? error.message}`,
    )
  })
  const refused = (why: string) =>
    new HubError('usage', 'bad-snapshot', `${file} is no snapshot of hub-mon: ${why}`, {
      suggestions: ['hub-mon doctor --save incident.json'],
    })
  if (text.length > mostBytes) throw refused('it is too large')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refused('it is not JSON')
  }
  const wrong = firstFault(value)
  if (wrong !== null) throw refused(wrong)
  return value as Snapshot
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
