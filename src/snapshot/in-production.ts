import type {Container} from './docker.ts'
import {isBeyondLoopback} from './loopback.ts'

/**
 * Whether a hub is open to others on purpose: it says so itself, or a proxy that others reach is the one way to its Flower. One
 * that stands beside a published Flower is somebody's for something else.
 */
export function isInProduction(containers: readonly Container[]): boolean {
  if (containers.some(({production}) => production !== undefined)) return true
  const of = (wanted: Container['role']) => containers.filter(({role}) => role === wanted)
  return (
    of('flower').length > 0 &&
    of('flower').every(({ports}) => ports.length === 0) &&
    of('proxy').some(({ports}) => ports.some(({hostIp}) => isBeyondLoopback(hostIp)))
  )
}
