import {describe, expect, it} from 'vitest'
import {knownDefault} from '../../../src/secrets/known-defaults.ts'
import {newPassword} from '../../../src/secrets/passwords.ts'

describe('a known default', () => {
  it.each([
    ['secure_password_here', /examples/],
    ['Secure-Password-Here', /examples/],
    ['flower:secure_password_here', /examples/],
    ['admin:admin', /own name/],
    ['operator:operator', /own name/],
    ['guest:guest', /own name/],
    ['changeme', /examples/],
    ['change me', /examples/],
    ['password', /first/],
    ['admin:P@ssw0rd', /first/],
    ['redis', /name that programs/],
    ['me:guest', /name that programs/],
    ['', /empty/],
    ['admin:', /empty/],
  ])('%s is told with its reason', (text, why) => {
    expect(knownDefault(text)).toEqual({kind: 'known', why: expect.stringMatching(why)})
  })

  it('short is something else than known', () => {
    expect(knownDefault('hub:fifteen-letters')).toEqual({
      kind: 'short',
      why: 'has 15 characters, and fewer than 16 can be tried out',
    })
    expect(knownDefault('hub:sixteen--letters')).toBeNull()
  })

  it('is none of what is generated, nor a long one that holds a colon', () => {
    for (let times = 0; times < 200; times += 1) {
      expect(knownDefault(newPassword())).toBeNull()
      expect(knownDefault(`hub:${newPassword()}`)).toBeNull()
    }
    expect(knownDefault('a:b:c:d:e:f:g:h:i:j:k')).toBeNull()
  })
})
