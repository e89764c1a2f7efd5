/** What the Docker engine says of itself and of the project's containers. */
export type DockerFacts = {
  engine: {
    /** e.g. `20.10.24`; podman answers with its own. */
    version: string
    apiVersion: string
    operatingSystem: string
    cpus: number
    memoryBytes: number
    /** Where images and volumes lie; used by the disk check when the engine is local. */
    rootDir: string | null
    /** True when the engine is reached over this machine's own socket. */
    local: boolean
    /** The engine's clock against ours, in seconds; positive when the engine is ahead. */
    clockOffsetSeconds: number | null
  }
  /** Containers of the target's project, stopped ones too; empty when there is no such project. */
  containers: Container[]
  /** Other running compose projects that look like a hub, to name them when ours is not there. */
  otherProjects: string[]
}

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export type Container = {
  id: string
  /** Without the leading slash, e.g. `hub-redis`. */
  name: string
  /** Compose service, e.g. `celery-worker`. */
  service: string
  role: Role | null
  /** Image as the container was told, e.g. `redis:7-alpine`. */
  image: string
  state: ContainerState
  /** `null` when the container has no health check. */
  health: 'healthy' | 'unhealthy' | 'starting' | null
  /** Last output of the health check, masked and cut; `null` when it has none. */
  healthOutput: string | null
  /** Seconds between two health checks; absent where the snapshot does not tell. */
  healthEverySeconds?: number
  exitCode: number
  oomKilled: boolean
  /** Restarts by the engine's restart policy since the container was made. */
  restartCount: number
  /** ISO 8601; absent where the snapshot does not tell. */
  createdAt?: string
  /** ISO 8601; `null` when it has never run. */
  startedAt: string | null
  /** Of the run before, where it runs. */
  finishedAt: string | null
  /** The engine's own words when a start failed (port taken, no such file). */
  error: string | null
  /** Entry point and arguments, secrets masked. */
  command: string[]
  hostname: string
  ports: PublishedPort[]
  /** Addresses in the project's networks. */
  addresses: string[]
  /** Names of the networks it is attached to; absent where the snapshot does not tell. */
  networks?: string[]
  mounts: {type: string; name: string | null; destination: string}[]
  /** `null` when there is no limit. */
  limits: {cpus: number | null; memoryBytes: number | null}
  /** `com.docker.compose.config-hash`: compared with the file's to find changes not applied. */
  configHash: string | null
  /** `com.docker.compose.version`: who made it, and wrote `configHash`. */
  composeVersion: string | null
  /** `com.docker.compose.project.config_files`, absolute where Compose says so. */
  configFiles: string | null
  /**
   * Of a worker that runs: the program, e.g. `sh`, that gets the signal of `docker stop`, does not catch it and has Celery
   * below it; `null` when there is none, absent where it is not told.
   */
  swallowsStop?: string | null
  /** What it may do and what it shows; absent where the snapshot does not tell. */
  rights?: ContainerRights
  /** Where it is part of a hub in production; absent where it is not. */
  production?: ProductionLabels
  /** Image label `org.hub-mon.built-from`: a stand-in image built from the distribution's packages. */
  builtFrom: string | null
  /** Image label `org.hub-mon.without`: services that this image cannot run, e.g. `flower`. */
  without: string[]
}

export type ContainerRights = {
  /** Of its first process as this machine sees it, else as the container was told; `root` is `null` where that is not known. */
  user: {name: string; root: boolean | null}
  privileged: boolean
  /** Capabilities beyond the engine's own, e.g. `SYS_ADMIN`. */
  capAdd: string[]
  readOnlyRoot: boolean
  /** Whoever has the engine's socket is root on its machine. */
  dockerSocket: boolean
  /** Names of the variables that hold a credential, as `docker inspect` shows them. Never the values. */
  credentialVariables: string[]
  credentialInCommand: boolean
  /** Its processes get the URLs of Redis as variables, out of a file: whoever may look into the container sees them. */
  exportsUrls: boolean
  /** What among that is a password that everybody knows: names of variables, and `command`. */
  knownDefaults: string[]
  /** Gateways of its networks: whom it sees where the engine forwards by a process of its own. */
  gateways: string[]
}

/** Labels `org.hub-mon.…` of a hub in production. */
export type ProductionLabels = {
  /** Folder of the secrets. */
  secrets: string | null
  /** Name that people type. */
  site: string | null
  /** Path that Flower stands under. */
  prefix: string | null
  /** Addresses that may ask; empty lets everybody. */
  allow: string[]
}

export type PublishedPort = {containerPort: number; hostIp: string; hostPort: number}

/** What a service is to the hub. */
export type Role = 'redis' | 'worker' | 'flower' | 'recorder' | 'proxy'

/** Whether a node runs in this container: its host name is the end of the node's name, or its command gives it this name. */
export function hostsNode(container: Pick<Container, 'hostname' | 'command'>, node: string): boolean {
  return container.hostname === node.slice(node.indexOf('@') + 1) || nodeNamedIn(container) === node
}

/** `--hostname` of `celery worker`, as Celery takes it: `%h` is the host's name, `%n` and `%d` its parts. `null` where a shell has a say in it. */
function nodeNamedIn({hostname, command}: Pick<Container, 'hostname' | 'command'>): string | null {
  const told = /\sworker\s(?:.*\s)?(?:-n\s*|--hostname[=\s]\s*)["']?([^\s"']+)/.exec(command.join(' '))?.[1]
  if (told === undefined || /[$`]/.test(told)) return null
  const [host = '', ...domain] = hostname.split('.')
  const parts: Record<string, string> = {h: hostname, n: host, d: domain.join('.'), i: '', I: '', '%': '%'}
  const name = told.replace(/%([hndiI%])/g, (_, letter: string) => parts[letter] ?? '')
  if (!name.includes('@')) return `celery@${name}`
  return name.endsWith('@') ? name + hostname : name
}

/** CPU and memory of running containers, by container name. */
export type StatsFacts = {containers: ContainerStats[]}

export type ContainerStats = {
  name: string
  service: string
  role: Role | null
  /** Use over what the container may use (its limit, else all CPUs), 0 to 1; `null` when not measurable. */
  cpuRatio: number | null
  /** CPUs that `cpuRatio` is a share of. */
  cpus: number
  /** Without the page cache. */
  memoryBytes: number | null
  memoryRatio: number | null
  memoryOf: 'limit' | 'host'
}
