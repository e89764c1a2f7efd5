import type {Answer} from '../../snapshot/collect.ts'
import type {ComposeBinary, ComposeFacts} from '../../snapshot/compose.ts'
import {findCompose} from './find-compose.ts'
import {type ComposeQuery, readCompose} from './read-compose.ts'

/** What nearly everybody has. */
const plugin: ComposeBinary = {command: ['docker', 'compose'], version: '', major: 2}

/**
 * Which Compose there is and what it makes of the file, asked at the same time: the version takes as long to tell as the
 * file. What the plugin said is thrown away when it turns out that another Compose is in use.
 */
export async function findAndReadCompose(
  query: ComposeQuery,
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Answer<ComposeFacts>> {
  const wasted = new AbortController()
  const early = environment.HUB_MON_COMPOSE
    ? null
    : readCompose(plugin, query, AbortSignal.any([signal, wasted.signal])).catch(() => null)
  try {
    const binary = await findCompose(signal, environment)
    if (
      early !== null &&
      binary.major === plugin.major &&
      binary.command.join(' ') === plugin.command.join(' ')
    ) {
      const answer = await early
      if (answer !== null) return {...answer, value: {...answer.value, binary}}
    }
    return await readCompose(binary, query, signal)
  } finally {
    wasted.abort()
  }
}
