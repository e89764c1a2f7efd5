import {confirmBy, type Evidence, type Remedy} from '../report/finding.ts'
import type {Role} from '../snapshot/docker.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {containersOf} from './names.ts'

/** Ports that other machines may reach, of the containers of a role. */
export type Exposure = {
  /** `0.0.0.0:5555`, for the message. */
  where: string
  evidence: Evidence[]
  /** How to see it for oneself. */
  confirm: Remedy[]
}

/** `null` where everything is published on loopback, or nothing at all. */
export function exposureOf(snapshot: Snapshot, role: Role): Exposure | null {
  const open = containersOf(snapshot, role).flatMap(({name, ports}) =>
    ports
      .filter(({hostIp}) => isBeyondLoopback(hostIp))
      .map(({hostIp, hostPort}) => ({name, place: `${hostIp}:${hostPort}`})),
  )
  if (open.length === 0) return null
  return {
    where: open.map(({place}) => place).join(', '),
    evidence: open.map(({place}) => ({label: 'published on', value: place, bound: 'beyond loopback'})),
    confirm: [...new Set(open.map(({name}) => name))].map(name =>
      confirmBy('its ports', 'docker', 'port', name),
    ),
  }
}
