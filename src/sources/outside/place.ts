import type {NetworkInterfaceInfo} from 'node:os'

export type Place = {host: string; port: number}

/** Of the engine, of virtual machines and of other containers: nobody outside is on these. */
const insideOnly = /^(docker|br-|veth|virbr|cni|flannel|podman|lxc|lxd|vmnet|kube)/

/**
 * What to request of a published address: itself, and of one that stands for all addresses, loopback and one that this
 * machine has in a network. The engine treats the two differently, and only the second is how others come in.
 */
export function placesOf(
  hostIp: string,
  port: number,
  interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>,
): Place[] {
  const everywhere: Record<string, 4 | 6> = {'': 4, '0.0.0.0': 4, '::': 6, '[::]': 6}
  const family = everywhere[hostIp]
  if (family === undefined) return [{host: hostIp.replace(/^\[(.*)\]$/, '$1'), port}]
  const own = Object.entries(interfaces)
    .filter(([name]) => !insideOnly.test(name))
    .flatMap(([, infos = []]) => infos)
    .find(info => !info.internal && isFamily(info, family) && !/^(fe80:|169\.254\.)/.test(info.address))
  const hosts = [family === 4 ? '127.0.0.1' : '::1', ...(own === undefined ? [] : [own.address])]
  return hosts.map(host => ({host, port}))
}

function isFamily({family}: NetworkInterfaceInfo, wanted: 4 | 6): boolean {
  return family === `IPv${wanted}`
}
