import {isAbsolute, join} from 'node:path'
import type Docker from 'dockerode'
import type {Container, ContainerState, PublishedPort} from '../../snapshot/docker.ts'
import {maskCommand} from '../../snapshot/mask-command.ts'
import {type RoleNames, roleOf} from '../../snapshot/role.ts'
import type {Secrets} from '../../snapshot/secrets.ts'
import {productionOf} from './rights.ts'

type Inspected = Docker.ContainerInspectInfo
const longestHealthOutput = 500

/** Facts of one container. The command, the health output and the error are masked; variables stay out. */
export function readContainer(
  found: Inspected,
  {services, secrets}: {services: RoleNames; secrets: Secrets},
  local: boolean,
): Container {
  const labels = found.Config.Labels ?? {}
  const name = found.Name.replace(/^\//, '')
  const service = labels['com.docker.compose.service'] ?? name
  const argv = [found.Path, ...(found.Args ?? [])].filter(word => word !== undefined && word !== '')
  const command = maskCommand(argv, secrets)
  const {State, HostConfig} = found
  const production = productionOf(labels)
  const created = instant(found.Created)
  return {
    id: found.Id,
    name,
    service,
    role: roleOf({name: service, image: found.Config.Image, command: argv}, services),
    image: found.Config.Image,
    state: stateOf(State.Status),
    health: healthOf(State.Health?.Status),
    healthOutput: lastHealthOutput(found, secrets),
    healthEverySeconds: healthEverySeconds(found),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    restartCount: found.RestartCount ?? 0,
    ...(created === null ? {} : {createdAt: created}),
    startedAt: instant(State.StartedAt),
    finishedAt: instant(State.FinishedAt),
    error: State.Error ? secrets.mask(State.Error) : null,
    command,
    hostname: found.Config.Hostname,
    ports: publishedPorts(found),
    addresses: addressesOf(found, local),
    networks: networksOf(found),
    mounts: (found.Mounts ?? []).map(mount => ({
      type: mount.Type,
      name: mount.Name ?? null,
      destination: mount.Destination,
    })),
    limits: {cpus: cpuLimit(HostConfig), memoryBytes: HostConfig.Memory || null},
    configHash: labels['com.docker.compose.config-hash'] ?? null,
    composeVersion: labels['com.docker.compose.version'] ?? null,
    configFiles: configFilesOf(labels),
    ...(production === undefined ? {} : {production}),
    ...standInOf(labels),
  }
}

/** The variables of a container. Holds secrets. */
export function readEnvironment(found: Inspected): Record<string, string> {
  const entries = (found.Config.Env ?? []).map(line => {
    const at = line.indexOf('=')
    return at < 0 ? ([line, ''] as const) : ([line.slice(0, at), line.slice(at + 1)] as const)
  })
  return Object.fromEntries(entries)
}

/** Absolute paths, separated by commas as Compose writes them; Compose v1 notes them as they were typed. */
export function configFilesOf(labels: Record<string, string>): string | null {
  const files = labels['com.docker.compose.project.config_files']
  if (files === undefined || files === '') return null
  const directory = labels['com.docker.compose.project.working_dir']
  if (directory === undefined) return files
  return files
    .split(',')
    .map(file => (isAbsolute(file) ? file : join(directory, file)))
    .join(',')
}

/** What `hub/debian-image.sh` notes on the images that it builds; a container carries its image's labels. */
export function standInOf(labels: Record<string, string>): Pick<Container, 'builtFrom' | 'without'> {
  return {
    builtFrom: labels['org.hub-mon.built-from'] || null,
    without: (labels['org.hub-mon.without'] ?? '').split(/[\s,]+/).filter(word => word !== ''),
  }
}

function stateOf(status: string): ContainerState {
  switch (status) {
    case 'created':
    case 'running':
    case 'paused':
    case 'restarting':
    case 'removing':
    case 'exited':
    case 'dead':
      return status
    // Podman's words.
    case 'configured':
    case 'initialized':
      return 'created'
    case 'stopping':
      return 'running'
    default:
      return 'exited'
  }
}

function healthOf(status: string | undefined): Container['health'] {
  return status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : null
}

/** The end of it: a traceback says what happened in its last line. */
function lastHealthOutput(found: Inspected, secrets: Secrets): string | null {
  const output = found.State.Health?.Log?.at(-1)?.Output.trim()
  if (output === undefined || output === '') return null
  const masked = secrets.mask(output)
  return masked.length > longestHealthOutput ? `…${masked.slice(-longestHealthOutput)}` : masked
}

/** In nanoseconds, and 0 for the engine's own 30 s. */
function healthEverySeconds({Config}: Inspected): number {
  const {Interval = 0} = (Config as {Healthcheck?: {Interval?: number}}).Healthcheck ?? {}
  return Interval > 0 ? Interval / 1e9 : 30
}

/** The engine writes year 1 for "never". */
function instant(text: string | undefined): string | null {
  if (text === undefined || text.startsWith('0001-')) return null
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

function publishedPorts(found: Inspected): PublishedPort[] {
  return Object.entries(found.NetworkSettings?.Ports ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(binding => ({
      containerPort: Number.parseInt(port, 10),
      hostIp: binding.HostIp || '0.0.0.0',
      hostPort: Number(binding.HostPort),
    })),
  )
}

function addressesOf(found: Inspected, local: boolean): string[] {
  if (found.HostConfig.NetworkMode === 'host') return local ? ['127.0.0.1'] : []
  return Object.values(found.NetworkSettings?.Networks ?? {})
    .map(network => network.IPAddress)
    .filter(address => Boolean(address))
}

/** One that shares another container's network has none of its own. */
function networksOf({HostConfig, NetworkSettings}: Inspected): string[] {
  const mode = HostConfig.NetworkMode ?? ''
  return mode.startsWith('container:') ? [mode] : Object.keys(NetworkSettings?.Networks ?? {})
}

function cpuLimit(host: Docker.HostConfig): number | null {
  const limits = [
    (host.NanoCpus ?? 0) / 1e9,
    (host.CpuQuota ?? 0) > 0 ? (host.CpuQuota ?? 0) / (host.CpuPeriod || 100_000) : 0,
    countCpus(host.CpusetCpus ?? ''),
  ].filter(limit => limit > 0)
  return limits.length === 0 ? null : Math.min(...limits)
}

/** `0-2,5` is four CPUs. */
function countCpus(set: string): number {
  return set
    .split(',')
    .filter(part => part !== '')
    .map(part => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return last - first + 1
    })
    .reduce((sum, count) => sum + count, 0)
}
