import type {Role} from './docker.ts'

/** Which Compose there is and what it makes of the compose file. */
export type ComposeFacts = {
  binary: ComposeBinary
  /** `null` when there is no file or Compose refused it; the reading's error says why. */
  config: ComposeConfig | null
}

export type ComposeBinary = {
  /** Words to start a command line with, e.g. `['docker', 'compose']` or `['docker-compose']`. */
  command: string[]
  version: string
  major: 1 | 2
  /** The program behind `docker compose`, for questions alone; absent where it was not found. */
  plugin?: string
}

export type ComposeConfig = {
  /** Absolute. */
  file: string
  services: ComposeService[]
  /** Services of the file that are to have no container (`scale: 0`); absent when there is none. */
  switchedOff?: string[]
  /** Full names, as the engine knows them. */
  volumes: string[]
}

export type ComposeService = {
  name: string
  role: Role | null
  image: string | null
  /** True when the file says how to build the image. */
  builds: boolean
  containerName: string | null
  command: string[]
  /** Full names of volumes that Compose does not make and wants to be there; absent where the service has none. */
  externalVolumes?: string[]
  /** Names of variables, and `command`, with a password that everybody knows; absent where none was looked for. */
  knownDefaults?: string[]
  ports: {hostIp: string; hostPort: number | null; containerPort: number}[]
  /** As `docker compose config --hash` gives it; `null` when it could not be had. */
  configHash: string | null
}
