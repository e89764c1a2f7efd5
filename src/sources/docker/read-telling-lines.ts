import {stripVTControlCharacters} from 'node:util'
import type {Container} from '../../snapshot/docker.ts'
import type {ContainerLog, TellingLine} from '../../snapshot/logs.ts'
import {secondsSince} from '../../snapshot/seconds-since.ts'
import type {Secrets} from '../../snapshot/secrets.ts'
import type {Engine} from './engine.ts'
import {readLogs} from './logs.ts'

const lastLines = 200
/** What a line is told by stands at its beginning; all that is kept of it. */
const longestLine = 400
/** A container that was restarted longer ago has come back. */
const recentSeconds = 600

/** Whether the engine itself says that something is wrong: the logs of all others are not read. */
export function isUnwell(container: Container, now: string): boolean {
  const {state, role, exitCode, health, oomKilled, restartCount, startedAt} = container
  if (state === 'restarting' || state === 'dead') return true
  // Celery ends with 0 where it cannot go on; a service of the user's own has then done its work.
  if (state === 'exited') return role !== null || exitCode !== 0
  if (state !== 'running') return false
  if (health === 'unhealthy' || oomKilled) return true
  return restartCount > 0 && secondsSince(startedAt, now) < recentSeconds
}

/**
 * Of the last lines of each container those that tell something: `kindOf` says what, `null` for all others. Of a run that is
 * over it is asked for more (`ended`). A log that cannot be read in time tells nothing; never throws.
 */
export async function readTellingLines(
  engine: Engine,
  containers: readonly Container[],
  {secrets, kindOf}: {secrets: Secrets; kindOf: (text: string, ended: boolean) => string | null},
  signal: AbortSignal,
): Promise<ContainerLog[]> {
  return await Promise.all(
    containers.map(async container => {
      const {name, service, state, restartCount, startedAt} = container
      const ended = state !== 'running' || restartCount > 0
      // Between two starts the newest run may not have said anything yet.
      const since = restartCount > 0 || startedAt === null ? '' : startedAt
      const newest = new Map<string, TellingLine>()
      try {
        const options = {follow: false, tail: lastLines, since: null}
        for await (const {text, time} of readLogs(engine, container.id, options, signal)) {
          if (time < since) continue
          const line = plain(text)
          const kind = kindOf(line, ended)
          if (kind === null) continue
          const times = (newest.get(kind)?.times ?? 0) + 1
          newest.set(kind, {kind, text: secrets.mask(line), at: time === '' ? null : time, times})
        }
      } catch {
        // A log driver that keeps nothing, an engine that is slow: the state of the container is told all the same.
      }
      return {name, service, lines: [...newest.values()]}
    }),
  )
}

function plain(text: string): string {
  const cut = stripVTControlCharacters(text.slice(0, 4 * longestLine))
  return cut
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longestLine)
}
