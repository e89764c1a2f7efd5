import {statfs} from 'node:fs/promises'
import type {HostFacts, HostPort, Obstacle} from '../../snapshot/host.ts'
import {maskCommand} from '../../snapshot/mask-command.ts'
import type {Secrets} from '../../snapshot/secrets.ts'
import type {Publisher} from '../docker/published.ts'
import {findListeners, type Listener} from './listeners.ts'
import {canListen} from './ports.ts'

export type HostQuery = {
  /** Ports on fixed numbers, as the compose file publishes them. */
  ports: readonly {hostIp: string; port: number; service: string}[]
  /** As the engine tells them; absent where it was not asked. */
  obstacles?: Obstacle[]
  /** What containers hold; empty when there is no engine to ask. */
  publishers: readonly Publisher[]
  /** Tried in this order; the first that is there is measured. */
  diskPaths: readonly string[]
  /** Masks the command lines of other processes. */
  secrets: Secrets
}

/** Ports and disk of this machine. Listens on each free port for a moment, and on nothing else. */
export async function readHost(query: HostQuery): Promise<HostFacts> {
  const [ports, disk] = await Promise.all([readPorts(query), readDisk(query.diskPaths)])
  return {ports, ...(query.obstacles === undefined ? {} : {obstacles: query.obstacles}), disk}
}

async function readPorts({ports, publishers, secrets}: HostQuery): Promise<HostPort[]> {
  const tried = await Promise.all(
    ports.map(async wanted => {
      const publisher = publishers.find(
        held => held.port === wanted.port && overlaps(held.hostIp, wanted.hostIp),
      )
      const free = publisher === undefined && (await canListen(wanted.hostIp, wanted.port))
      return {wanted, publisher, free}
    }),
  )
  const unexplained = tried.filter(({free, publisher}) => !free && publisher === undefined)
  const listeners =
    unexplained.length === 0
      ? new Map<number, Listener>()
      : await findListeners(unexplained.map(({wanted}) => wanted.port))
  return tried.map(({wanted, publisher, free}): HostPort => {
    if (publisher !== undefined) {
      const {container, project} = publisher
      return {...wanted, free, holder: {container, project}}
    }
    const listener = free ? undefined : listeners.get(wanted.port)
    if (listener === undefined) return {...wanted, free, holder: null}
    const command = cut(maskCommand(listener.command, secrets).join(' '))
    return {...wanted, free, holder: {pid: listener.pid, command}}
  })
}

const longestCommand = 120

function cut(command: string): string {
  return command.length > longestCommand ? `${command.slice(0, longestCommand)}…` : command
}

const everywhere = new Set(['0.0.0.0', '::', ''])

function overlaps(one: string, other: string): boolean {
  return one === other || everywhere.has(one) || everywhere.has(other)
}

async function readDisk(paths: readonly string[]): Promise<HostFacts['disk']> {
  for (const path of paths) {
    try {
      const {bavail, blocks, bsize} = await statfs(path)
      return {path, freeBytes: bavail * bsize, totalBytes: blocks * bsize}
    } catch {
      // An engine in a virtual machine names a directory that is not on this machine.
    }
  }
  return null
}
