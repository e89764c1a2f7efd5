import {count} from '../render/text/number.ts'
import {confirmBy, type Remedy} from '../report/finding.ts'
import {type Container, hostsNode, type Role} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'

/** A command line of ours that acts on the same target as the one that is running. */
export function hubMon(snapshot: Snapshot, command: string, ...rest: string[]): string[] {
  return ['hub-mon', command, ...rest, ...snapshot.target.flags]
}

export function containersOf(snapshot: Snapshot, role: Role): Container[] {
  return (factsFrom(snapshot.sources.docker)?.containers ?? []).filter(container => container.role === role)
}

export function containerOf(snapshot: Snapshot, role: Role): Container | undefined {
  const all = containersOf(snapshot, role)
  return all.find(container => container.state === 'running') ?? all[0]
}

/** Services of a role: those of the compose file, and those that have a container. */
export function servicesOf(snapshot: Snapshot, role: Role): string[] {
  const planned = (factsFrom(snapshot.sources.compose)?.config?.services ?? [])
    .filter(service => service.role === role)
    .map(service => service.name)
  return [...new Set([...planned, ...containersOf(snapshot, role).map(container => container.service)])]
}

/** Every service, of the hub or beside it. */
export function allServices({sources}: Snapshot): Set<string> {
  const planned = factsFrom(sources.compose)?.config?.services ?? []
  const containers = factsFrom(sources.docker)?.containers ?? []
  return new Set([...planned.map(({name}) => name), ...containers.map(({service}) => service)])
}

/** What the hub calls it, for `affects`: services, else the role's own word. */
export function affectedBy(snapshot: Snapshot, role: Role): string[] {
  const services = servicesOf(snapshot, role)
  return services.length > 0 ? services : [role]
}

export function containerOfNode(snapshot: Snapshot, node: string): Container | undefined {
  return containersOf(snapshot, 'worker').find(container => hostsNode(container, node))
}

/** A solo pool runs its tasks where a node would answer. */
export function soloInCommand({command}: Container): boolean {
  return /(?:^|\s)(?:-P\s*|--pool[=\s])solo(?:\s|$)/.test(command.join(' '))
}

const mostListed = 3

/** `a, b, c and 97 more`. */
export function listed(words: readonly string[]): string {
  const shown = words.slice(0, mostListed).join(', ')
  return words.length > mostListed ? `${shown} and ${count(words.length - mostListed)} more` : shown
}

/** A service that the image of this hub cannot run and that was therefore left out of it. */
export function isLeftOut(snapshot: Snapshot, service: string): boolean {
  const containers = factsFrom(snapshot.sources.docker)?.containers ?? []
  const itself = containers.filter(container => container.service === service || container.role === service)
  // Where it runs from an image of its own, another image tells nothing.
  return (itself.length > 0 ? itself : containers).some(({without}) => without.includes(service))
}

/** Where the address of the broker stands that this look used. */
export function brokerSaidIn({target}: Snapshot): string {
  return target.redisFrom ?? (target.kind === 'compose' ? "the workers' CELERY_BROKER_URL" : '--redis-url')
}

/** The last lines of a service's container; nothing without one. */
export function lastWords(container: Container | undefined): Remedy[] {
  return container === undefined
    ? []
    : [confirmBy('its last lines', 'docker', 'logs', '--tail', '20', container.name)]
}

/** `redis-cli` where the hub's Redis is: in its container, else from here by the address that was used. */
export function redisCli(snapshot: Snapshot, ...command: string[]): string[] {
  return redisCliIn(snapshot, factsFrom(snapshot.sources.redis)?.database ?? 0, ...command)
}

/** The same, in another database than the broker's. */
export function redisCliIn(snapshot: Snapshot, number: number, ...command: string[]): string[] {
  const facts = factsFrom(snapshot.sources.redis)
  const askpass = facts?.asksPassword === true ? ['--askpass'] : []
  const database = number === 0 ? [] : ['-n', String(number)]
  const container = containerOf(snapshot, 'redis')
  if (container !== undefined && facts?.route !== 'url')
    return [
      ...['docker', 'exec', ...(askpass.length > 0 ? ['-it'] : []), container.name],
      ...['redis-cli', ...askpass, ...database, ...command],
    ]
  const place = /^\[?(.+?)\]?:(\d+)(\/\d+)?$/.exec(facts?.address ?? '')
  const where = place === null ? [] : ['-h', place[1] ?? '', '-p', place[2] ?? '']
  return ['redis-cli', ...where, ...askpass, ...database, ...command]
}

/** `celery` of the hub's own application, in a worker's container; `null` when its `-A` is not known. */
export function celeryCli(snapshot: Snapshot, ...command: string[]): string[] | null {
  const container = containerOf(snapshot, 'worker')
  if (container === undefined || container.state !== 'running') return null
  const app = appIn(container.command)
  return app === null ? null : ['docker', 'exec', container.name, 'celery', '-A', app, ...command]
}

function appIn(command: readonly string[]): string | null {
  const words = command.flatMap(word => word.split(/\s+/))
  const at = words.findIndex(word => word === '-A' || word === '--app')
  const joined = words.find(word => word.startsWith('--app='))
  return (at >= 0 ? words[at + 1] : joined?.slice('--app='.length)) ?? null
}
