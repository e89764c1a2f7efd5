import type {Container} from '../../snapshot/docker.ts'
import {standInOf} from './container.ts'
import {type Engine, isMissing, toSourceError} from './engine.ts'

/** What an image on the engine says of itself; `null` when the engine does not have it. */
export async function readImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<Pick<Container, 'builtFrom' | 'without'> | null> {
  try {
    // Images take no signal; a signal that is already gone must not start a request.
    signal.throwIfAborted()
    const {Config} = await engine.client.getImage(reference).inspect()
    return standInOf(Config?.Labels ?? {})
  } catch (error) {
    if (isMissing(error)) return null
    throw toSourceError(engine, error, signal)
  }
}
