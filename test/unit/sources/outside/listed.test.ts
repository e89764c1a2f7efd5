import {describe, expect, it} from 'vitest'
import {listed} from '../../../../src/sources/outside/read-outside.ts'

describe('a list of addresses', () => {
  const has = listed(['10.0.0.0/8', '203.0.113.7', '2001:db8::/32', 'nonsense', '10.0.0.0/99'])

  it.each(['10.200.1.2', '203.0.113.7', '2001:db8:1::1'])('has %s', address => {
    expect(has(address)).toBe(true)
  })

  it.each(['11.0.0.1', '203.0.113.8', '2001:db9::1', 'nonsense', ''])('has not "%s"', address => {
    expect(has(address)).toBe(false)
  })

  it('that is empty says nothing: everybody may ask', () => {
    expect(listed([])('10.0.0.1')).toBeNull()
  })
})
