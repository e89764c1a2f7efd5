import type {Answer} from '../../snapshot/collect.ts'
import type {ComposeFacts} from '../../snapshot/compose.ts'
import {findCompose} from './find-compose.ts'
import {findPlugin} from './plugin.ts'
import {type ComposeQuery, readCompose} from './read-compose.ts'

/**
 * Which Compose there is and what it makes of the file. The plugin, which nearly everybody has, is asked for both at the
 * same time: the version takes as long to tell as the file. What it said of the file is thrown away when another Compose
 * turns out to be in use.
 */
export async function findAndReadCompose(
  query: ComposeQuery,
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Answer<ComposeFacts>> {
  const wasted = new AbortController()
  const plugin = environment.HUB_MON_COMPOSE ? null : findPlugin(environment)
  const early =
    plugin === null
      ? null
      : readCompose(
          {command: ['docker', 'compose'], version: '', major: 2, plugin},
          query,
          AbortSignal.any([signal, wasted.signal]),
        ).catch(() => null)
  try {
    const binary = await findCompose(signal, environment)
    const answer = binary.major === 2 && binary.plugin === plugin ? await early : null
    return answer === null
      ? await readCompose(binary, query, signal)
      : {...answer, value: {...answer.value, binary}}
  } finally {
    wasted.abort()
  }
}
