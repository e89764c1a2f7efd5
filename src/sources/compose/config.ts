import type {ComposeConfig, ComposeService} from '../../snapshot/compose.ts'
import {maskCommand} from '../../snapshot/mask-command.ts'
import {roleOf} from '../../snapshot/role.ts'
import {credentialsShown} from '../docker/credentials.ts'
import type {ComposeQuery} from './read-compose.ts'

type RawPort =
  | string
  | number
  | {target?: number; published?: string | number; host_ip?: string; protocol?: string}
type RawService = {
  image?: string
  build?: unknown
  container_name?: string
  entrypoint?: string | string[] | null
  command?: string | string[] | null
  environment?: Record<string, string | number | boolean | null> | string[]
  ports?: RawPort[]
  network_mode?: string
  ipc?: string
  pid?: string
  volumes_from?: unknown[]
  volumes?: (string | {type?: string; source?: string})[]
  scale?: number
  deploy?: {replicas?: number} | null
}
type RawConfig = {
  services?: Record<string, RawService>
  volumes?: Record<string, RawVolume | null>
}
type RawVolume = {name?: string; external?: boolean | {name?: string}}

/** Reads the output of `config`: JSON of v2, YAML of v1. Throws when it is neither. */
export async function parseConfig(
  text: string,
  {file, project, services: names, secrets, isKnownDefault}: Omit<ComposeQuery, 'environment'>,
  hashes: ReadonlyMap<string, string>,
): Promise<ComposeConfig> {
  const raw = text.trimStart().startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text)
  const {services = {}, volumes = {}} = (raw ?? {}) as RawConfig
  if (typeof raw !== 'object' || typeof services !== 'object') throw new Error('it is no list of services')
  for (const service of Object.values(services)) secrets.addEnvironment(variables(service.environment))
  const wanted = Object.entries(services).filter(([, service]) => !isSwitchedOff(service))
  const switchedOff = Object.keys(services).filter(name => !wanted.some(([other]) => other === name))
  return {
    file,
    ...(switchedOff.length === 0 ? {} : {switchedOff}),
    services: wanted.map(([name, service]): ComposeService => {
      const command = [...words(service.entrypoint), ...words(service.command)]
      const image = service.image ?? null
      const external = externalVolumes(service, volumes ?? {})
      return {
        name,
        role: roleOf({name, image, command}, names),
        image,
        builds: service.build !== undefined && service.build !== null,
        containerName: service.container_name ?? null,
        command: maskCommand(command, secrets),
        ...(external.length === 0 ? {} : {externalVolumes: external}),
        ...(isKnownDefault === undefined
          ? {}
          : {
              knownDefaults: credentialsShown(variables(service.environment), command, isKnownDefault)
                .knownDefaults,
            }),
        ports: (service.ports ?? []).flatMap(parsePort),
        configHash: sharesWithService(service) ? null : (hashes.get(name) ?? null),
      }
    }),
    volumes: Object.entries(volumes ?? {})
      .filter(([, volume]) => !volume?.external)
      .map(([key, volume]) => volume?.name ?? `${project}_${key}`),
  }
}

/** Long form, or `volume:place[:mode]` as v1 prints it; what begins with a slash is a folder. */
function externalVolumes({volumes: mounts = []}: RawService, volumes: RawConfig['volumes']): string[] {
  const keys = mounts.map(mount =>
    typeof mount === 'string'
      ? mount.replace(/:.*$/, '')
      : mount.type === 'volume'
        ? mount.source
        : undefined,
  )
  return [...new Set(keys)].flatMap(key => {
    const volume = key === undefined ? null : volumes?.[key]
    if (key === undefined || !volume?.external) return []
    return [volume.name ?? (typeof volume.external === 'object' ? volume.external.name : undefined) ?? key]
  })
}

function isSwitchedOff({scale, deploy}: RawService): boolean {
  return (scale ?? deploy?.replicas) === 0
}

/** Lines of `config --hash '*'`: service and hash. */
export function parseHashes(text: string): Map<string, string> {
  const pairs = text.split('\n').map(line => /^(\S+)\s+([0-9a-f]{64})$/.exec(line.trim()))
  return new Map(pairs.filter(pair => pair !== null).map(pair => [pair[1] ?? '', pair[2] ?? '']))
}

/** Compose puts the other container's id in before it hashes: `config --hash` never gives what `up` noted. */
function sharesWithService({network_mode, ipc, pid, volumes_from = []}: RawService): boolean {
  return volumes_from.length > 0 || [network_mode, ipc, pid].some(mode => mode?.startsWith('service:'))
}

function words(command: string | string[] | null | undefined): string[] {
  if (command === null || command === undefined) return []
  // Compose writes `$` as `$$`, so that its output can be read as a compose file again.
  return (typeof command === 'string' ? [command] : command).map(word => word.replaceAll('$$', '$'))
}

function variables(environment: RawService['environment']): Record<string, string> {
  if (environment === undefined || environment === null) return {}
  const pairs = Array.isArray(environment)
    ? environment.map(line => [line.replace(/=.*$/s, ''), line.replace(/^[^=]*=?/s, '')])
    : Object.entries(environment).map(([name, value]) => [name, value === null ? '' : String(value)])
  return Object.fromEntries(pairs) as Record<string, string>
}

/** Long form, or `[[ip:]host:]container[/protocol]`; a range publishes none that could be named before. */
export function parsePort(port: RawPort): ComposeService['ports'] {
  if (typeof port === 'object') {
    if (port.protocol === 'udp' || port.target === undefined) return []
    return [{hostIp: port.host_ip || '0.0.0.0', hostPort: fixed(port.published), containerPort: port.target}]
  }
  const match = /^(?:(?:(\[[^\]]+\]|[^:]+):)?([^:]*):)?(\d+)(?:\/(\w+))?$/.exec(String(port))
  if (match === null || match[4] === 'udp') return []
  const hostIp = (match[1] ?? '0.0.0.0').replace(/^\[(.*)\]$/, '$1')
  return [{hostIp, hostPort: fixed(match[2]), containerPort: Number(match[3])}]
}

function fixed(published: string | number | undefined): number | null {
  return /^[1-9]\d*$/.test(String(published ?? '')) ? Number(published) : null
}
