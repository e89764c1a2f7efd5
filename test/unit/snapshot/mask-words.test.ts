import {describe, expect, it} from 'vitest'
import {maskWords} from '../../../src/snapshot/mask-words.ts'

describe('maskWords', () => {
  it.each([
    ["KeyError('x'), password=abc", "KeyError('x'), password=***"],
    ["{'api_key': 'abc', 'user': 'me'}", "{'api_key': ***, 'user': 'me'}"],
    ['DB_PASSWORD: "a b c"; next', 'DB_PASSWORD: ***; next'],
    ['Authorization: Bearer eyJhbGciOi.x-y', 'Authorization: Bearer ***'],
    ['connection(host=db token=t0k)', 'connection(host=db token=***)'],
    ['ValueError: 3 of 5 failed, retries=2', 'ValueError: 3 of 5 failed, retries=2'],
  ])('%s', (words, masked) => {
    expect(maskWords(words)).toBe(masked)
  })

  it('ends soon, whatever it is given', () => {
    const long = `password='${'\\\\'.repeat(5000)}`
    expect(maskWords(long).length).toBeLessThan(long.length + 10)
  })
})
