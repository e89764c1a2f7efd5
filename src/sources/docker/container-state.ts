import {type Engine, isMissing, toSourceError} from './engine.ts'

/** Whether a container runs, by name or id; `null` when there is none. */
export async function isContainerRunning(
  engine: Engine,
  container: string,
  signal: AbortSignal,
): Promise<boolean | null> {
  try {
    const {State} = await engine.client.getContainer(container).inspect({abortSignal: signal})
    return State.Running
  } catch (error) {
    if (isMissing(error) || signal.aborted) return null
    throw toSourceError(engine, error, signal)
  }
}
