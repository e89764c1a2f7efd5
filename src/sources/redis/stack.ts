import {SourceError} from '../../snapshot/source-error.ts'
import {parseRedisUrl, type RedisEndpoint} from './endpoint.ts'
import {isSentinelUrl, type Place, parseSentinelUrl, type SentinelUrl} from './sentinel-url.ts'

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
  /** URL of hub-mon's own user, from the stack's secrets: its sign-in goes before what the workers' environment says; absent without secrets. */
  own?: string
  /** Environment of the worker container. */
  workerEnvironment: Readonly<Record<string, string>>
  /** All containers of the project, to find those that a Sentinel or the workers name; absent is none. */
  neighbours?: readonly Neighbour[]
}

/** A container by what its neighbours call it, and how it is reached from here. */
export type Neighbour = {
  /** Its service, its own name, its host name. */
  names: readonly string[]
  /** In the project's networks. */
  addresses: readonly string[]
  /** Ports inside, and where they are published on this machine. */
  published: readonly {port: number; host: string; hostPort: number}[]
  /** False where its addresses are of another machine's network. */
  local: boolean
}

const brokerVariables = ['CELERY_BROKER_URL', 'BROKER_URL', 'REDIS_URL']

/** The broker as the worker's environment names it; `null` when it names none. Throws a `SourceError` that says where it stands. */
export function brokerOf({own, workerEnvironment}: RedisStack): RedisEndpoint | SentinelUrl | null {
  if (own !== undefined) return parseRedisUrl(own)
  for (const name of brokerVariables) {
    const value = workerEnvironment[name]
    if (value === undefined || value === '') continue
    try {
      return isSentinelUrl(value) ? parseSentinelUrl(value) : parseRedisUrl(value)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      throw new SourceError(error.code, `by ${name} of the workers, ${error.message}`)
    }
  }
  return null
}

/** How the stack signs in, by the worker's environment, else by the command of Redis itself; the place is to be replaced. */
export function signInOf(broker: RedisEndpoint | null, {container}: RedisStack): RedisEndpoint {
  const own = container === null ? null : ownPassword(container.command, container.environment)
  if (broker !== null) return {...broker, password: broker.password ?? own}
  return {place: {host: 'localhost', port: 6379}, database: 0, username: null, password: own, tls: null}
}

/** Where a place inside the project's networks is reached from here; itself when it is not one of the project's. */
export function placesFromHere(neighbours: readonly Neighbour[], place: Place): Place[] {
  const found = neighbours.find(
    ({names, addresses}) => names.includes(place.host) || addresses.includes(place.host),
  )
  if (found === undefined) return [place]
  const published = found.published.filter(({port}) => port === place.port)
  const direct = found.local && process.platform === 'linux' ? found.addresses : []
  const places = [
    ...published.map(({host, hostPort}) => reachable({host, port: hostPort})),
    ...direct.map(host => ({host, port: place.port})),
  ]
  return places.length === 0 ? [place] : places
}

/** A port published on all addresses is reached on loopback. */
export function reachable({host, port}: Place): Place {
  return {host: ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host, port}
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
