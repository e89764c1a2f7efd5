import type {Snapshot} from '../snapshot/snapshot.ts'
import {badSnapshot, loadSnapshot, noSnapshot, parseSnapshot} from '../snapshot/stored.ts'

/** What was seen before: kept by `--save`, or in a bundle, which may come from anybody. Throws a `HubError` (64). */
export async function savedSnapshot(file: string): Promise<Snapshot> {
  const {isPacked, readPacked} = await import('../bundle/archive.ts')
  const packed = await isPacked(file).catch((error: NodeJS.ErrnoException) => {
    throw noSnapshot(file, error)
  })
  if (!packed) return await loadSnapshot(file)
  const text = await readPacked(file, 'snapshot.json').catch((error: Error) => {
    throw badSnapshot(file, error.message)
  })
  if (text === null) throw badSnapshot(file, 'it is an archive without a snapshot.json')
  return parseSnapshot(text, file)
}
