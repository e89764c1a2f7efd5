import type {NetworkInterfaceInfo} from 'node:os'
import {describe, expect, it} from 'vitest'
import {placesOf} from '../../../../src/sources/outside/place.ts'

const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({address, family, internal}) as NetworkInterfaceInfo
const interfaces = {
  lo: [info('127.0.0.1', 'IPv4', true), info('::1', 'IPv6', true)],
  docker0: [info('172.17.0.1', 'IPv4')],
  'br-8152c788b15f': [info('172.31.0.1', 'IPv4')],
  eth0: [info('192.0.2.2', 'IPv4'), info('fe80::1', 'IPv6'), info('fd00::2', 'IPv6')],
  eth1: [info('198.51.100.2', 'IPv4')],
}

describe('what is requested of a published address', () => {
  it.each([
    ['0.0.0.0', ['127.0.0.1', '192.0.2.2']],
    ['', ['127.0.0.1', '192.0.2.2']],
    ['::', ['::1', 'fd00::2']],
    ['127.0.0.1', ['127.0.0.1']],
    ['10.0.0.5', ['10.0.0.5']],
    ['[2001:db8::1]', ['2001:db8::1']],
  ])('%s', (hostIp, hosts) => {
    expect(placesOf(hostIp, 443, interfaces)).toEqual(hosts.map(host => ({host, port: 443})))
  })

  it('is loopback alone where the machine is in no network', () => {
    expect(placesOf('0.0.0.0', 80, {lo: interfaces.lo})).toEqual([{host: '127.0.0.1', port: 80}])
  })
})
