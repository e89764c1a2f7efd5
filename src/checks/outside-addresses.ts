import type {Evidence, Severity} from '../report/finding.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import {listed} from './names.ts'

/** `https://192.0.2.2:443`, as it was requested. */
export function addressOf({speaks, host, port}: OutsideAddress): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return speaks === 'http' || speaks === 'https' ? `${speaks}://${place}` : place
}

/** The first of them and how many more, each once. */
export function addressWords(addresses: readonly OutsideAddress[]): string {
  return listed([...new Set(addresses.map(addressOf))])
}

/** Whether other machines may reach one of them. */
export function reachBeyond(addresses: readonly OutsideAddress[]): boolean {
  return addresses.some(({hostIp}) => isBeyondLoopback(hostIp))
}

/** What is open in production: of the proxy, or to other machines, it is as bad as can be; else this machine alone may use it. */
export function severityAt(addresses: readonly OutsideAddress[]): Severity {
  return addresses.some(({role}) => role === 'proxy') || reachBeyond(addresses) ? 'critical' : 'warning'
}

export function servicesAt(addresses: readonly OutsideAddress[]): string[] {
  return [...new Set(addresses.map(({service}) => service))]
}

const mostEvidence = 6

/** A line an address, of the first few. */
export function evidenceOf(
  addresses: readonly OutsideAddress[],
  value: (address: OutsideAddress) => Evidence['value'],
): Evidence[] {
  return addresses.slice(0, mostEvidence).map(address => ({label: addressOf(address), value: value(address)}))
}

/** curl as it would be typed to see what was seen; for the name of the site, where there is one. */
export function curl(address: OutsideAddress, path: string, ...options: string[]): string[] {
  const {tls, port, host} = address
  const name = tls?.name ?? null
  if (name === null || isAddress(name)) return ['curl', '-ik', ...options, `${addressOf(address)}${path}`]
  const to = host.includes(':') ? `[${host}]` : host
  return [
    ...['curl', '-ik', ...options, '--resolve', `${name}:${port}:${to}`],
    `https://${name}:${port}${path}`,
  ]
}

/** An address, as opposed to a name. */
export function isAddress(name: string): boolean {
  return /^[\d.]+$/.test(name) || name.includes(':')
}
