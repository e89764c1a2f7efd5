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
  // A shell has a -c of its own.
  const value = valuesOf(command, '--concurrency', '-c').find(word => /^\d+$/.test(word))
  return value === undefined ? null : Number(value)
}

/** `--queues=a,b`, `-Q a,b`, `-Qa`; empty when the command does not tell. */
export function queuesOf(command: readonly string[]): string[] {
  return valuesOf(command, '--queues', '-Q').flatMap(value => value.split(','))
}

/** What follows an option in a command line, also in one that a shell is to split. */
function valuesOf(command: readonly string[], long: string, short: string): string[] {
  const words = command.flatMap(word => word.split(/\s+/))
  return words.flatMap((word, index) => {
    if (word === long || word === short) return words.slice(index + 1, index + 2)
    if (word.startsWith(`${long}=`)) return [word.slice(long.length + 1)]
    return word.startsWith(short) && !word.startsWith('--') ? [word.slice(short.length)] : []
  })
}
