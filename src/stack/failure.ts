import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import type {Container} from '../snapshot/docker.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {readLogs} from '../sources/docker/logs.ts'
import {timeLimit} from '../sources/time-limit.ts'

/** A source's failure as an error for people; an interruption goes first. */
export async function tryTo<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SourceError) throw unavailable(error)
    throw error
  }
}

export function unavailable(error: SourceError): HubError {
  const exit = error.code === 'permission' ? 'permission' : 'unavailable'
  return new HubError(exit, error.code, error.message, {suggestions: suggestionsFor(error), cause: error})
}

function suggestionsFor({code}: SourceError): string[] {
  switch (code) {
    case 'not-running':
      return ['start Docker: sudo systemctl start docker, or open Docker Desktop']
    case 'permission':
      return ['join the group that may use Docker: sudo usermod -aG docker "$USER", then log in again']
    case 'not-found':
      return ['install Docker Compose: https://docs.docker.com/compose/install/']
    case 'wrong-host':
      return ['look at the address: docker context ls; echo "$DOCKER_HOST"']
    default:
      return []
  }
}

const shownLines = 10
const logSeconds = 3

/** What a container said last, masked and safe to print; empty when it cannot be had in time. */
export async function lastWords(
  engine: Engine,
  container: Pick<Container, 'id'>,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string[]> {
  const bounded = AbortSignal.any([signal, timeLimit(logSeconds)])
  const lines: string[] = []
  try {
    const options = {follow: false, tail: shownLines, since: null}
    for await (const {text} of readLogs(engine, container.id, options, bounded))
      lines.push(clean(secrets.mask(text)))
  } catch {
    // The container's state is told all the same.
  }
  return lines
}
