/** What this machine says: only where the hub runs on it. */
export type HostFacts = {
  /** Ports that the compose file publishes on fixed numbers, of services that do not run. */
  ports: HostPort[]
  /** Of planned services that have no container; absent where the snapshot does not tell. */
  obstacles?: Obstacle[]
  /** Of the engine's data directory where it is local, else of the working directory. */
  disk: {path: string; freeBytes: number; totalBytes: number} | null
}

export type HostPort = {
  hostIp: string
  port: number
  service: string
  free: boolean
  /** Who holds it, as far as it can be told. */
  holder: {pid: number; command: string} | {container: string; project: string | null} | null
}

/** An image or an external volume that is not here and that nothing makes, or somebody else's container of the name that is wanted. */
export type Obstacle =
  | {service: string; image: string}
  | {service: string; volume: string}
  | {service: string; container: string; project: string | null}
