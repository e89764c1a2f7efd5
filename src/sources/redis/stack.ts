import {parseRedisUrl, type RedisEndpoint} from './endpoint.ts'

/** Runs a command inside the Redis container; output may be cut. Rejects when it could not be run. */
export type ContainerExec = (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<{exitCode: number; stdout: string; stderr: string}>

/** What the stack tells of its Redis. Unmasked: never printed, never stored. */
export type RedisStack = {
  /** The container with the role `redis`; `null` when the stack has none. */
  container: {
    name: string
    running: boolean
    /** Port that Redis listens on inside. */
    port: number
    published: {host: string; port: number} | null
    addresses: readonly string[]
    command: readonly string[]
    environment: Readonly<Record<string, string>>
    exec: ContainerExec | null
  } | null
  /** Environment of the worker container. */
  workerEnvironment: Readonly<Record<string, string>>
}

const brokerVariables = ['CELERY_BROKER_URL', 'BROKER_URL', 'REDIS_URL']

/** How the stack signs in, from the worker's environment, else from the command of Redis itself; the place is to be replaced. */
export function signInOf({container, workerEnvironment}: RedisStack): RedisEndpoint {
  const broker = brokerOf(workerEnvironment)
  const own = container === null ? null : ownPassword(container.command, container.environment)
  if (broker !== null) return {...broker, password: broker.password ?? own}
  return {place: {host: 'localhost', port: 6379}, database: 0, username: null, password: own, tls: null}
}

function brokerOf(environment: Readonly<Record<string, string>>): RedisEndpoint | null {
  for (const name of brokerVariables) {
    const value = environment[name]
    if (value !== undefined && value !== '') return parseRedisUrl(value)
  }
  return null
}

/** `--requirepass secret` in the command, a shell's `-c` string too; `$NAME` is looked up in the container's environment. */
function ownPassword(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): string | null {
  const words = command.flatMap(word => (/\s/.test(word) ? word.split(/\s+/) : [word]))
  const at = words.indexOf('--requirepass')
  const word = at === -1 ? undefined : words[at + 1]?.replace(/^(["'])(.*)\1$/, '$2')
  if (word === undefined || word === '') return environment.REDIS_PASSWORD ?? null
  const variable = /^\$\$?\{?(\w+)\}?$/.exec(word)?.[1]
  return variable === undefined ? word : (environment[variable] ?? null)
}
