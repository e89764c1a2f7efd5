import {describe, expect, it} from 'vitest'
import {isLoopback, parsePlace} from '../../../src/exporter/place.ts'

describe('where to listen', () => {
  it.each([
    ['127.0.0.1:9541', {host: '127.0.0.1', port: 9541}],
    ['localhost:0', {host: 'localhost', port: 0}],
    ['[::1]:9541', {host: '::1', port: 9541}],
    ['0.0.0.0:65535', {host: '0.0.0.0', port: 65_535}],
  ])('%s', (text, place) => {
    expect(parsePlace(text)).toEqual(place)
  })

  it.each([
    '9541',
    ':9541',
    '127.0.0.1',
    '127.0.0.1:',
    'a:65536',
    '::1:9541',
    '[1.2.3.4]:1',
    'a b:1',
    'http://a:1',
  ])('not %s', text => {
    expect(() => parsePlace(text)).toThrow('--listen wants an address and a port')
  })

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.evil.example', false],
    ['10.0.0.1', false],
  ])('%s is loopback: %s', (host, is) => {
    expect(isLoopback(host)).toBe(is)
  })
})
