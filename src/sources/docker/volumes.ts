import {asked, type Engine, isMissing, toSourceError} from './engine.ts'
import {projectLabel} from './projects.ts'

/** Names of the volumes that carry the project's label, in order. */
export async function readVolumes(engine: Engine, project: string, signal: AbortSignal): Promise<string[]> {
  const answer = engine.client.listVolumes({
    filters: {label: [`${projectLabel}=${project}`]},
    abortSignal: signal,
  })
  const {Volumes} = await asked(engine, answer, signal)
  return (Volumes ?? []).map(volume => volume.Name).sort()
}

export async function hasVolume(engine: Engine, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.client.getVolume(name).inspect({abortSignal: signal})
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw toSourceError(engine, error, signal)
  }
}

/** One that has gone already is no failure. */
export async function removeVolume(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  try {
    await engine.client.getVolume(name).remove({abortSignal: signal})
  } catch (error) {
    if (!isMissing(error)) throw toSourceError(engine, error, signal)
  }
}
