import type {ComposeFacts} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import type {Expected} from '../snapshot/snapshot.ts'
import type {Settings} from './settings.ts'

/** What should be there: by the configuration, else by what the workers were told to be. */
export function expectedOf(
  settings: Settings,
  containers: readonly Container[],
  compose: ComposeFacts | undefined,
): Expected {
  const {poolProcesses, nodes} = settings.expected.value
  const from = settings.expected.origin.name
  return {
    poolProcesses:
      poolProcesses === undefined ? poolFromCommands(containers, compose) : {value: poolProcesses, from},
    nodes: nodes === undefined ? null : {value: nodes, from},
    bounds: settings.bounds.value,
  }
}

/** The sum over the worker containers, or over the services where none was made yet; `null` when one does not tell. */
function poolFromCommands(
  containers: readonly Container[],
  compose: ComposeFacts | undefined,
): Expected['poolProcesses'] {
  const made = containers.filter(({role}) => role === 'worker')
  const workers =
    made.length > 0 ? made : (compose?.config?.services ?? []).filter(({role}) => role === 'worker')
  const told = workers.map(({command}) => concurrencyOf(command))
  if (told.length === 0 || told.includes(null)) return null
  return {value: told.reduce((sum: number, one) => sum + (one ?? 0), 0), from: '--concurrency of the workers'}
}

/** `--concurrency=2`, `--concurrency 2`, `-c 2`, `-c2`; `null` when the command does not tell. */
export function concurrencyOf(command: readonly string[]): number | null {
  const words = command.flatMap(word => word.split(/\s+/))
  for (const [index, word] of words.entries()) {
    const match = /^(?:--concurrency(?:=(\d+))?|-c(\d+)?)$/.exec(word)
    if (match === null) continue
    const number = Number(match[1] ?? match[2] ?? words[index + 1])
    return Number.isInteger(number) ? number : null
  }
  return null
}
