import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {type RedisUserName, redisUser} from '../../src/redis-users/registry.ts'
import {reachRedis} from '../../src/sources/redis/reach.ts'
import {readRedis} from '../../src/sources/redis/read.ts'
import {type RedisService, startRedis} from '../services/redis.ts'

const never = new AbortController().signal
const password = 'of-this-test-alone'

let redis: RedisService
beforeEach(async () => {
  redis = await startRedis()
})
afterEach(() => redis.stop())

async function addUser(name: string, rules: readonly string[]): Promise<void> {
  expect(await redis.cli('ACL', 'SETUSER', name, 'on', `>${password}`, ...rules)).toBe('OK')
}

async function readAs(user: string | null, isKnownDefault = (_password: string) => false) {
  const url = user === null ? redis.url : redis.url.replace('//', `//${user}:${password}@`)
  const reached = await reachRedis({url, stack: Promise.resolve(null)}, never)
  try {
    return await readRedis(reached, never, isKnownDefault)
  } finally {
    await reached.close()
  }
}

const rightsOf = async (user: string | null) => (await readAs(user)).value.rights

describe('what our own user of Redis may do', () => {
  it.each<[RedisUserName, {mayChange: unknown; mayTakeReplies: boolean}]>([
    ['hub-mon-ask', {mayChange: [], mayTakeReplies: true}],
    ['hub-mon-passive', {mayChange: [], mayTakeReplies: false}],
    ['hub-mon-act', {mayChange: ['DEL celery', 'LPUSH celery x'], mayTakeReplies: true}],
  ])('%s', async (name, rights) => {
    await addUser(name, redisUser(name).rules)
    await redis.cli('ACL', 'LOG', 'RESET')
    const {value, error} = await readAs(name)
    expect(error).toBeUndefined()
    expect(value.rights).toEqual({user: name, knownDefault: false, ...rights})
    // Asking is allowed, and so leaves nothing that would look like an attack.
    expect(await redis.cli('ACL', 'LOG')).toBe('')
  })

  it('is everything, for the default user', async () => {
    expect(await rightsOf(null)).toMatchObject({
      user: 'default',
      mayChange: [
        ...['SET hub-mon:probe x', 'DEL celery', 'LPUSH celery x', 'HSET unacked x x', 'EVAL return 1 0'],
        ...['CONFIG SET maxmemory 0', 'ACL SETUSER hub-mon:probe', 'FLUSHALL', 'SHUTDOWN'],
      ],
      mayTakeReplies: true,
    })
  })

  it('is asked, and not done', async () => {
    await redis.cli('SET', 'celery', 'kept')
    await redis.cli('CONFIG', 'SET', 'maxmemory', '99mb')
    const before = await redis.cli('INFO', 'stats')
    await rightsOf(null)
    expect(await redis.cli('GET', 'celery')).toBe('kept')
    expect(await redis.cli('DBSIZE')).toMatch(/^(\(integer\) )?1$/)
    expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toContain(String(99 * 1024 * 1024))
    expect(await redis.cli('ACL', 'USERS')).toBe('default')
    const evicted = (info: string) => /^expired_keys:(\d+)/m.exec(info)?.[1]
    expect(evicted(await redis.cli('INFO', 'stats'))).toBe(evicted(before))
  })

  it('is not known where it may not ask, and nothing else is missing for that', async () => {
    await addUser('old', ['-@all', '+ping', '+select', '+info', '+time', '+config|get', '~*'])
    const {value, error} = await readAs('old')
    expect(error).toBeUndefined()
    expect(value.rights).toEqual({user: null, mayChange: null, mayTakeReplies: null, knownDefault: false})
  })

  it('is not known where it may say who it is and no more, as with Redis 6', async () => {
    await addUser('six', ['-@all', '+ping', '+select', '+info', '+time', '+config|get', '+acl|whoami', '~*'])
    expect(await rightsOf('six')).toMatchObject({user: 'six', mayChange: null, mayTakeReplies: null})
  })

  it('says whether its password is one that everybody knows', async () => {
    await addUser('ann', ['+@all', '~*'])
    const {value} = await readAs('ann', candidate => candidate === password)
    expect(value.rights?.knownDefault).toBe(true)
    expect(JSON.stringify(value)).not.toContain(password)
  })
})
