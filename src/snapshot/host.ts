/** What this machine says: only where the hub runs on it. */
export type HostFacts = {
  /** Ports that the compose file publishes on fixed numbers. */
  ports: HostPort[]
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
