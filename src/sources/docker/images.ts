import {type Engine, isMissing, toSourceError} from './engine.ts'

export type ImageFacts = {
  /** Label `org.hub-mon.built-from`; `null` for an ordinary image. */
  builtFrom: string | null
  /** Label `org.hub-mon.without`: services that this image cannot run. */
  without: string[]
}

/** What an image on the engine says of itself; `null` when the engine does not have it. */
export async function readImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<ImageFacts | null> {
  try {
    // Images take no signal; a signal that is already gone must not start a request.
    signal.throwIfAborted()
    const {Config} = await engine.client.getImage(reference).inspect()
    const labels = Config?.Labels ?? {}
    return {
      builtFrom: labels['org.hub-mon.built-from'] || null,
      without: (labels['org.hub-mon.without'] ?? '').split(/[\s,]+/).filter(word => word !== ''),
    }
  } catch (error) {
    if (isMissing(error)) return null
    throw toSourceError(engine, error, signal)
  }
}
