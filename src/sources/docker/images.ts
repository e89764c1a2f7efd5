import type {Container} from '../../snapshot/docker.ts'
import {standInOf} from './container.ts'
import {type Engine, isMissing, toSourceError} from './engine.ts'

/** What an image on the engine says of itself; `null` when the engine does not have it. */
export async function readImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<(Pick<Container, 'builtFrom' | 'without'> & {caddyVersion: string | null}) | null> {
  try {
    // Images take no signal; a signal that is already gone must not start a request.
    signal.throwIfAborted()
    const {Config} = await engine.client.getImage(reference).inspect()
    const standIn = standInOf(Config?.Labels ?? {})
    // The official image has it in a variable, one that was built from packages in its label.
    const told = (Config?.Env ?? []).find(line => line.startsWith('CADDY_VERSION='))
    const caddyVersion = /(?:^CADDY_VERSION=v?|caddy )(\d+(?:\.\d+)+)/.exec(
      told ?? standIn.builtFrom ?? '',
    )?.[1]
    return {...standIn, caddyVersion: caddyVersion ?? null}
  } catch (error) {
    if (isMissing(error)) return null
    throw toSourceError(engine, error, signal)
  }
}

/** Whether a container was made from an image that its name means no more: Compose makes it anew. */
export async function hasEarlierImage(
  engine: Engine,
  {id}: Pick<Container, 'id'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const container = await engine.client.getContainer(id).inspect({abortSignal: signal})
    signal.throwIfAborted()
    return (await engine.client.getImage(container.Config.Image).inspect()).Id !== container.Image
  } catch (error) {
    // A name that means nothing now, or a container that has gone.
    if (isMissing(error)) return false
    throw toSourceError(engine, error, signal)
  }
}
