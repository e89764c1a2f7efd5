import type {Answer} from '../../snapshot/collect.ts'
import type {Container, DockerFacts} from '../../snapshot/docker.ts'
import {isInProduction} from '../../snapshot/in-production.ts'
import type {OutsideFacts} from '../../snapshot/outside.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {type LookOptions, lookAt, type Published} from './look-at.ts'
import {type Place, placesOf} from './place.ts'

export type OutsideQuery = {
  docker: DockerFacts
  /** Path that a Flower without a proxy stands under, by container. */
  prefixOf: (container: Container) => string
  /** Certificate of the hub's own authority; `null` where it has none. */
  ownAuthority: () => Promise<string | null>
  deadlineSeconds: number
}

/** More than any hub publishes. */
const mostPlaces = 40

/**
 * Requests every published address of the hub's own containers, side by side, without credentials. What is published
 * beside the hub is its owner's, a proxy for something else among it, and may take a stranger's question amiss.
 */
export async function readOutside(
  {docker, prefixOf, ownAuthority, deadlineSeconds}: OutsideQuery,
  signal: AbortSignal,
): Promise<Answer<OutsideFacts>> {
  if (!docker.engine.local)
    throw new SourceError(
      'elsewhere',
      'the engine is on another machine, and what it publishes there is not requested from here',
    )
  const others = isInProduction(docker.containers) ? [null] : [null, 'proxy']
  const running = docker.containers.filter(({role, state}) => !others.includes(role) && state === 'running')
  const wanted = running.flatMap(container => placesOfContainer(container, prefixOf(container)))
  const proxy = docker.containers.find(({role}) => role === 'proxy')
  const allow = proxy?.production?.allow ?? []
  const isAllowed = listed(allow)
  const options: LookOptions = {deadlineSeconds, ownAuthority, isAllowed}
  const addresses = await Promise.all(
    wanted.slice(0, mostPlaces).map(({published, place}) => lookAt(published, place, options, signal)),
  )
  return {
    value: {
      addresses,
      left: Math.max(0, wanted.length - mostPlaces),
      gatewaysAllowed: (proxy?.rights?.gateways ?? []).filter(address => isAllowed(address) === true),
    },
  }
}

function placesOfContainer(
  {name, service, role, ports, production}: Container,
  flowerPrefix: string,
): {published: Published; place: Place}[] {
  const interfaces = process.getBuiltinModule('node:os').networkInterfaces()
  return ports.flatMap(({containerPort, hostIp, hostPort}) => {
    const published: Published = {
      ...{container: name, service, role, containerPort, hostIp},
      site: production?.site ?? null,
      prefix: (role === 'flower' ? flowerPrefix : (production?.prefix ?? '')).replace(/^\/+|\/+$/g, ''),
    }
    return placesOf(hostIp, hostPort, interfaces).map(place => ({published, place}))
  })
}

/** Whether a list of addresses and ranges has an address; always `null` for an empty one, which lets everybody in. */
export function listed(allow: readonly string[]): (address: string) => boolean | null {
  if (allow.length === 0) return () => null
  const {BlockList, isIP} = process.getBuiltinModule('node:net')
  const list = new BlockList()
  for (const entry of allow) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const most = family === 'ipv6' ? 128 : 32
    // What is no address lets nobody in.
    if (isIP(address) === 0 || !(Number(bits ?? most) >= 0 && Number(bits ?? most) <= most)) continue
    list.addSubnet(address, Number(bits ?? most), family)
  }
  return address => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
