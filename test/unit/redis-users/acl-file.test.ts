import {describe, expect, it} from 'vitest'
import {
  aclText,
  letsAnybodyIn,
  parseAclFile,
  parseAclLine,
  wordsFor,
} from '../../../src/redis-users/acl-file.ts'
import {redisUser} from '../../../src/redis-users/registry.ts'

const hash = (letter: string) => letter.repeat(64)

describe('an ACL file', () => {
  it('has default off, our users by their hashes, and the lines of others as they stand', () => {
    const others = ['user shop on #abc ~shop:* +get', 'user watcher off']
    const text = aclText({hashes: {health: [hash('a'), hash('b')]}, others})
    expect(text).toBe(
      `user default off resetkeys resetchannels -@all
user health on #${hash('a')} #${hash('b')} resetkeys resetchannels -@all +ping
user shop on #abc ~shop:* +get
user watcher off
`,
    )
    expect(parseAclFile(text)).toEqual({hashes: {health: [hash('a'), hash('b')]}, others})
  })

  it('leaves a user out whom nothing lets in', () => {
    expect(aclText({hashes: {worker: []}, others: []})).toBe(
      'user default off resetkeys resetchannels -@all\n',
    )
  })

  it('is read as Redis writes it, and keeps what it does not understand', () => {
    const listed = `user worker on sanitize-payload #${hash('C')} ~* &* -@all +get`
    expect(parseAclLine(listed)).toEqual({
      name: 'worker',
      hashes: [hash('c')],
      rules: ['on', 'sanitize-payload', '~*', '&*', '-@all', '+get'],
    })
    expect(parseAclFile('# a comment\n\nuser default on nopass +@all ~*\n').others).toEqual(['# a comment'])
    expect(parseAclLine('whatever')).toBeNull()
  })

  it.each([
    ['7.0.15', false],
    ['7.1.240', false],
    ['7.2.0', true],
    ['7.10.0', true],
    ['8.0.6', true],
  ])('for Redis %s, is without the words that it does not know: CLIENT SETINFO %s', (version, knows) => {
    for (const name of ['worker', 'flower'] as const) {
      const words = redisUser(name).rules
      expect(words).toContain('+client|setinfo')
      expect(wordsFor(version, words)).toEqual(words.filter(word => knows || word !== '+client|setinfo'))
    }
  })

  it('says who is let in without a password', () => {
    const rules = (line: string) => parseAclLine(line) ?? {rules: []}
    expect(letsAnybodyIn(rules('user default on nopass ~* +@all'))).toBe(true)
    expect(letsAnybodyIn(rules('user default off nopass ~* +@all'))).toBe(false)
    expect(letsAnybodyIn(rules(`user default on #${hash('a')}`))).toBe(false)
  })
})
