import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {firstKnown, redisUser, redisUsers} from '../../../src/redis-users/registry.ts'

const start = readFileSync(new URL('../../../production/redis.sh', import.meta.url), 'utf8')
const page = readFileSync(new URL('../../../docs/redis-access.md', import.meta.url), 'utf8')

describe('users of Redis', () => {
  it('begin with nothing, and are given commands by name, never by a category', () => {
    for (const {name, rules} of redisUsers) {
      expect(rules[0], name).toBe('-@all')
      for (const rule of rules.slice(1))
        expect(rule, name).toMatch(/^(\+[a-z]+(\|[a-z]+)?|(%RW?)?~\S+|&\S+)$/)
      expect(new Set(rules).size, `${name} is given something twice`).toBe(rules.length)
    }
  })

  it('have no word that an older Redis 7 does not know, but those that its start takes away', () => {
    expect(Object.keys(firstKnown)).toEqual(['+client|setinfo'])
    expect(firstKnown['+client|setinfo']).toEqual([7, 2])
    expect(start).toContain("*' v=7.'[01].*)")
    expect(start).toContain("sed 's/ +client|setinfo//'")
  })

  it('may not end Redis, empty it, set it up, list all keys or watch the others', () => {
    const never = [
      'flushall',
      'flushdb',
      'shutdown',
      'config',
      'config|set',
      'keys',
      'monitor',
      'debug',
      'script|flush',
    ]
    for (const {name, rules} of redisUsers)
      for (const command of never) expect(rules, name).not.toContain(`+${command}`)
    for (const {name, rules} of redisUsers.filter(user => user.name !== 'hub-mon-admin'))
      for (const command of ['acl', 'acl|setuser', 'acl|getuser', 'acl|list', 'acl|deluser'])
        expect(rules, name).not.toContain(`+${command}`)
  })

  it('the one that changes users sees no key, and the health check does nothing but PING', () => {
    expect(redisUser('hub-mon-admin').rules.filter(rule => /[~&]/.test(rule))).toEqual([])
    expect(redisUser('health').rules).toEqual(['-@all', '+ping'])
  })

  it('the page shows the rights of hub-mon as they are given', () => {
    const shown = new Map(
      [...page.matchAll(/^ACL SETUSER (\S+) on >PASSWORD (.*)$/gm)].map(([, name, rights]) => [name, rights]),
    )
    for (const name of ['hub-mon-passive', 'hub-mon-ask', 'hub-mon-act'] as const)
      expect(shown.get(name), name).toBe(redisUser(name).rules.join(' '))
  })
})
