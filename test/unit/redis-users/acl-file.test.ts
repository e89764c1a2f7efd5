import {describe, expect, it} from 'vitest'
import {aclText, letsAnybodyIn, parseAclFile, parseAclLine} from '../../../src/redis-users/acl-file.ts'

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

  it('says who is let in without a password', () => {
    const rules = (line: string) => parseAclLine(line) ?? {rules: []}
    expect(letsAnybodyIn(rules('user default on nopass ~* +@all'))).toBe(true)
    expect(letsAnybodyIn(rules('user default off nopass ~* +@all'))).toBe(false)
    expect(letsAnybodyIn(rules(`user default on #${hash('a')}`))).toBe(false)
  })
})
