import {BlockList, isIP} from 'node:net'

/** `10.0.0.0/8`, `203.0.113.7`, `2001:db8::/32`: an address or a network of either family; `null` when it is neither. */
export function parseNetwork(text: string): {address: string; bits: number; family: 'ipv4' | 'ipv6'} | null {
  const [address = '', bits, ...more] = text.trim().split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  if (version === 0 || more.length > 0 || address.includes('%')) return null
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return null
  return {address, bits: bits === undefined ? most : Number(bits), family: version === 4 ? 'ipv4' : 'ipv6'}
}

/** Whether one of these networks holds the address; an IPv4 address also as IPv6 writes it. No networks hold none. */
export function holdsAddress(networks: readonly string[], address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const version = isIP(plain)
  if (version === 0) return false
  const list = new BlockList()
  for (const network of networks.map(parseNetwork))
    if (network !== null) list.addSubnet(network.address, network.bits, network.family)
  return list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}
