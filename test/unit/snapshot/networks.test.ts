import {describe, expect, it} from 'vitest'
import {holdsAddress, parseNetwork} from '../../../src/snapshot/networks.ts'

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', {address: '10.0.0.0', bits: 8, family: 'ipv4'}],
    ['203.0.113.7', {address: '203.0.113.7', bits: 32, family: 'ipv4'}],
    [' 2001:db8::/32 ', {address: '2001:db8::', bits: 32, family: 'ipv6'}],
    ['::1', {address: '::1', bits: 128, family: 'ipv6'}],
    ['0.0.0.0/0', {address: '0.0.0.0', bits: 0, family: 'ipv4'}],
  ])('%s is one', (text, network) => {
    expect(parseNetwork(text)).toEqual(network)
  })

  it.each([
    '',
    'hub.example.com',
    '10.0.0.0/33',
    '10.0.0/8',
    '2001:db8::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '10.0.0.1 10.0.0.2',
    '{env.X}',
  ])('%j is none', text => {
    expect(parseNetwork(text)).toBeNull()
  })

  it('holds an address of either family, and an IPv4 address as IPv6 writes it', () => {
    const networks = ['10.0.0.0/8', '2001:db8::/32']
    expect(holdsAddress(networks, '10.255.0.1')).toBe(true)
    expect(holdsAddress(networks, '::ffff:10.1.2.3')).toBe(true)
    expect(holdsAddress(networks, '2001:db8:1::5')).toBe(true)
    expect(holdsAddress(networks, '11.0.0.1')).toBe(false)
    expect(holdsAddress(networks, '2001:db9::1')).toBe(false)
    expect(holdsAddress(networks, 'nonsense')).toBe(false)
    expect(holdsAddress([], '10.0.0.1')).toBe(false)
    expect(holdsAddress(['0.0.0.0/0'], '::1')).toBe(false)
  })
})
