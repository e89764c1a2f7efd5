import {realpath} from 'node:fs/promises'
import type {Container} from '../../snapshot/docker.ts'
import type {Target} from '../../snapshot/snapshot.ts'

/** The compose file that the project runs from, when it is another one than the target's; else `null`. */
export async function startedFromOther(
  target: Target,
  containers: readonly Container[],
): Promise<string | null> {
  const ours = target.composeFile
  const files = containers.find(({configFiles}) => configFiles !== null)?.configFiles?.split(',') ?? []
  if (ours === null || files.length === 0) return null
  const [own, ...theirs] = await Promise.all([ours, ...files].map(resolved))
  return theirs.includes(own ?? ours) ? null : (files[0] ?? null)
}

/** A file that has gone is told by its name. */
async function resolved(file: string): Promise<string> {
  return realpath(file).catch(() => file)
}
