import type {Reader} from '../snapshot/collect.ts'
import type {Container} from '../snapshot/docker.ts'
import type {FlowerFacts} from '../snapshot/flower.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {DockerView} from '../sources/docker/read-docker.ts'
import {type FlowerAccess, readFlower} from '../sources/flower/read.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'
import {because, containerOf, ownSecret, publishedOf, reachSeconds} from './readers.ts'

type Credentials = {user: string; password: string}

type Docker = ((within: AbortSignal) => Promise<DockerView>) | null

export function flowerReader(
  context: Context,
  hub: Omit<Hub, 'look'>,
  docker: Docker,
  passive: boolean,
): Reader<FlowerFacts> {
  return async within =>
    await readFlower({...(await flowerAccess(context, hub, docker, within)), passive}, within)
}

/** Flower at the address that was said, else where the stack publishes it. Throws a `SourceError` when there is none. */
export async function flowerAccess(
  context: Context,
  hub: Omit<Hub, 'look'>,
  docker: Docker,
  within: AbortSignal,
): Promise<FlowerAccess> {
  const said = hub.located.flowerUrl
  const signIn = credentialsOf(context.settings.flowerAuth.value)
  const deadlineSeconds = reachSeconds(context.settings.timeoutSeconds.value)
  if (said !== null) return {url: said, credentials: signIn, deadlineSeconds}
  if (docker === null) throw new SourceError('not-part-of-the-hub', 'no Flower is named: --flower-url')
  const view = await because('docker', docker(within))
  const found = flowerIn(view)
  const own = await ownSecret(containerOf(view.facts, 'flower'), 'hub-mon_flower', context.secrets)
  return {url: found.url, credentials: signIn ?? credentialsOf(own) ?? found.credentials, deadlineSeconds}
}

/** The address of the stack's own Flower, with what its container says of prefix and sign-in. */
function flowerIn(view: DockerView): {url: string; credentials: Credentials | null} {
  const container = containerOf(view.facts, 'flower')
  if (container === undefined) throw absent(view)
  if (container.state !== 'running')
    throw new SourceError('not-running', `the container ${container.name} is ${container.state}`)
  const environment = view.environment.get(container.name) ?? {}
  const command = view.commands.get(container.name) ?? []
  const port = Number(optionOf('port', command, environment) ?? 5555)
  const place = publishedOf(container, view.facts, port) ?? addressOf(container, view, port)
  if (place === null)
    throw new SourceError(
      'no-address',
      `no port of ${container.name} is published and no other way leads to it`,
    )
  const host = ['0.0.0.0', '::', ''].includes(place.host) ? '127.0.0.1' : place.host
  const prefix = flowerPrefix(view, container)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${place.port}${prefix ? `/${prefix}` : ''}`,
    credentials: credentialsOf(optionOf('basic_auth', command, environment)?.split(',')[0] ?? null),
  }
}

/** Path that Flower's pages stand under, without slashes; empty without one. */
export function flowerPrefix({commands, environment}: DockerView, {name}: Container): string {
  const prefix = optionOf('url_prefix', commands.get(name) ?? [], environment.get(name) ?? {})
  return prefix?.replace(/^\/|\/$/g, '') ?? ''
}

function absent({facts}: DockerView): SourceError {
  const without = facts.containers.find(container => container.without.includes('flower'))
  return without === undefined
    ? new SourceError('not-part-of-the-hub', 'the project runs no Flower')
    : new SourceError('left-out', `Flower was left out: ${without.image} was built without it`)
}

function addressOf(
  container: Container,
  {facts}: DockerView,
  port: number,
): {host: string; port: number} | null {
  const [host] = container.addresses
  return process.platform === 'linux' && facts.engine.local && host !== undefined ? {host, port} : null
}

/** A setting of Flower: on its command line, which wins, or as `FLOWER_<NAME>`. */
function optionOf(
  name: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const words = command.flatMap(word => word.split(/\s+/))
  for (const option of [`--${name}`, `--${name.replaceAll('_', '-')}`]) {
    const at = words.findIndex(word => word === option || word.startsWith(`${option}=`))
    if (at !== -1) return words[at] === option ? words[at + 1] : words[at]?.slice(option.length + 1)
  }
  return environment[`FLOWER_${name.toUpperCase()}`] || undefined
}

function credentialsOf(pair: string | null): Credentials | null {
  const at = pair?.indexOf(':') ?? -1
  return pair === null || at < 1 ? null : {user: pair.slice(0, at), password: pair.slice(at + 1)}
}
