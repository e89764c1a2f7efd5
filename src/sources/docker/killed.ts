import type {Container} from '../../snapshot/docker.ts'
import {asText, at, parseJson} from '../loose-json.ts'
import {type Engine, toSourceError} from './engine.ts'

/** 128 and the number of SIGKILL. */
const killedCode = '137'

/** Which of these containers were killed between two moments, in seconds of the engine's clock: by id. Throws a `SourceError`. */
export async function readKilled(
  engine: Engine,
  containers: readonly Pick<Container, 'id'>[],
  {since, until}: {since: number; until: number},
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const filters = {event: ['die'], container: containers.map(({id}) => id)}
    const within = {since: Number(since.toFixed(3)), until: Number(until.toFixed(3))}
    // dockerode takes the signal, and its types leave it out.
    const stream: unknown = await engine.client.getEvents({...within, filters, ...{abortSignal: signal}})
    let text = ''
    for await (const chunk of stream as AsyncIterable<Buffer | string>) text += chunk.toString()
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => parseJson(line))
      .filter(event => asText(at(event, 'Actor', 'Attributes', 'exitCode')) === killedCode)
      .flatMap(event => asText(at(event, 'Actor', 'ID')) ?? [])
  } catch (error) {
    throw toSourceError(engine, error, signal)
  }
}
