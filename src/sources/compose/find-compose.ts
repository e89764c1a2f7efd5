import type {ComposeBinary} from '../../snapshot/compose.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {findPlugin} from './plugin.ts'
import {runProcess} from './process.ts'

/**
 * Compose v2 as the plugin, else `docker-compose` of whichever version; `HUB_MON_COMPOSE` (its words, e.g.
 * `docker-compose`) names one. Throws a `SourceError` `not-found`, or the signal's reason.
 */
export async function findCompose(
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ComposeBinary> {
  const forced = environment.HUB_MON_COMPOSE?.trim()
  if (forced !== undefined && forced !== '') {
    const binary = await ask(forced.split(/\s+/) as [string, ...string[]], signal)
    if (binary !== null) return binary
    throw new SourceError(
      'not-found',
      `HUB_MON_COMPOSE names ${forced}, which does not answer with a version`,
    )
  }
  const plugin = findPlugin(environment)
  const behind = plugin === null ? null : await ask([plugin], signal)
  if (plugin !== null && behind !== null) return {...behind, command: ['docker', 'compose'], plugin}
  const found = (await ask(['docker', 'compose'], signal)) ?? (await ask(['docker-compose'], signal))
  if (found !== null) return found
  throw new SourceError(
    'not-found',
    'there is no Docker Compose: neither docker compose nor docker-compose answers with a version',
  )
}

/** Told by the version, never by the exit code: v1 answers 0 to commands that it does not know. */
async function ask(
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<ComposeBinary | null> {
  try {
    const {stdout} = await runProcess([...command, 'version', '--short'], {signal})
    const version = /^v?(\d+(?:\.\d+)+\S*)$/m.exec(stdout.trim())?.[1]
    if (version === undefined) return null
    return {command: [...command], version, major: Number.parseInt(version, 10) >= 2 ? 2 : 1}
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error) return null
    throw error
  }
}
