import {describe, expect, it} from 'vitest'
import {aclText, parseAclFile} from '../../../src/redis-users/acl-file.ts'
import {redisUsers} from '../../../src/redis-users/registry.ts'
import {
  completed,
  contentOf,
  hashesOf,
  joined,
  letsIn,
  type Passwords,
  pairOf,
  passwordsIn,
} from '../../../src/secrets/contents.ts'
import {leftBehindAt, secretFiles} from '../../../src/secrets/files.ts'
import {redisHash} from '../../../src/secrets/passwords.ts'
import {
  aclTexts,
  changedFiles,
  NoPassword,
  planRotation,
  type Rotation,
  toRestart,
} from '../../../src/secrets/rotation.ts'

const wishes = {finish: false, login: false, redisIsBehind: false}
const names = redisUsers.map(({name}) => name)
const everybody = completed({redis: {}, flower: null, login: null})

async function textsFor(passwords: Passwords): Promise<Map<string, string>> {
  const acl = {hashes: hashesOf(passwords), others: []}
  const pairs = secretFiles.map(
    async file =>
      [file.name, (await contentOf(file, {passwords, tls: false, folder: '/s', acl})) ?? ''] as const,
  )
  return new Map(await Promise.all(pairs))
}

/** The files once these have been written, too. */
const written = (texts: ReadonlyMap<string, string>, more: readonly {name: string; text: string}[]) =>
  new Map([...texts, ...more.map(({name, text}) => [name, text] as const)])

const letIn = (texts: ReadonlyMap<string, string>, user: string, password: string): boolean =>
  (parseAclFile(texts.get('redis_acl') ?? '').hashes[user as 'worker'] ?? []).includes(redisHash(password))
const inFiles = (texts: ReadonlyMap<string, string>) => passwordsIn(secretFiles, texts)

describe('a rotation', () => {
  it('gives everybody a new password, which works beside the earlier one, and then alone', async () => {
    const before = await textsFor(everybody)
    const rotation = planRotation(before, {}, wishes)
    expect(rotation).toMatchObject({underWay: false, flower: true, login: false})
    expect(rotation.renewed).toEqual(names)
    const {both, final} = aclTexts(rotation)
    const during = written(before, [both, ...(await changedFiles(rotation, before, '/s'))])
    const after = written(during, [final])
    for (const name of names) {
      const [earlier, now] = [everybody.redis[name], inFiles(during).redis[name] ?? '']
      expect(now).not.toBe(earlier)
      expect([letIn(during, name, earlier), letIn(during, name, now)]).toEqual([true, true])
      expect([letIn(after, name, earlier), letIn(after, name, now)]).toEqual([false, true])
    }
    expect(after.get('proxy_users')).toBe(before.get('proxy_users'))
    expect(after.get('login')).toBe(before.get('login'))
    expect(after.get('flower_auth')).not.toBe(before.get('flower_auth'))
    // The next one begins anew.
    expect(planRotation(after, {}, wishes)).toMatchObject({underWay: false, renewed: names})
  })

  it('leaves the health check its password where Redis would not see another one', async () => {
    const before = await textsFor(everybody)
    const rotation = planRotation(before, {}, {...wishes, redisIsBehind: true})
    expect(rotation.renewed).toEqual(names.filter(name => name !== 'health'))
    const after = written(before, [...(await changedFiles(rotation, before, '/s')), aclTexts(rotation).final])
    expect(letIn(after, 'health', everybody.redis.health)).toBe(true)
  })

  it('with the login renews that, keeps its name, and leaves other people in peace', async () => {
    const texts = await textsFor({...everybody, login: {user: 'ann', password: 'of-another-time-and-place'}})
    texts.set('proxy_users', `${texts.get('proxy_users')}bob $2b$10$x\n`)
    const rotation = planRotation(texts, {}, {...wishes, login: true})
    const after = written(texts, await changedFiles(rotation, texts, '/s'))
    const login = pairOf(after.get('login')?.trim() ?? '')
    expect(login).toMatchObject({user: 'ann', password: expect.stringMatching(/^[\w-]{43}$/)})
    expect(login && (await letsIn(after.get('proxy_users') ?? '', login))).toBe(true)
    expect(after.get('proxy_users')).toMatch(/\nbob \$2b\$10\$x\n$/)
  })

  it('keeps users of Redis that are not ours, and asks for TLS where that is on', async () => {
    const texts = await textsFor(everybody)
    texts.set('redis_acl', `${texts.get('redis_acl')}user shop on #${'a'.repeat(64)} ~shop:*\n`)
    texts.set('redis_tls', 'PEM')
    const rotation = planRotation(texts, {}, wishes)
    expect(aclTexts(rotation).both.text).toContain('user shop on')
    expect(aclTexts(rotation).final.text).toContain('user shop on')
    const changed = await changedFiles(rotation, texts, '/s')
    expect(changed.find(({name}) => name === 'worker_broker_url')?.text).toMatch(/^rediss:/)
  })

  /** Broken off after so many files: the ACL file first, then one after the other. */
  async function brokenOffAfter(files: number) {
    const before = await textsFor(everybody)
    const first = planRotation(before, {}, wishes)
    const writes = [aclTexts(first).both, ...(await changedFiles(first, before, '/s'))]
    return {first, texts: written(before, writes.slice(0, files)), all: writes.length}
  }

  it('broken off anywhere lets in by what is in every file, and goes on to one new password for each', async () => {
    const {all} = await brokenOffAfter(0)
    for (let files = 1; files <= all; files += 1) {
      const {texts} = await brokenOffAfter(files)
      for (const file of secretFiles) {
        const {redis} = passwordsIn([file], texts)
        for (const [user, password] of Object.entries(redis))
          expect([files, file.name, letIn(texts, user, password)]).toEqual([files, file.name, true])
      }
      const next = planRotation(texts, {}, wishes)
      expect(next.underWay, `after ${files}`).toBe(true)
      const done = written(texts, [
        aclTexts(next).both,
        ...(await changedFiles(next, texts, '/s')),
        aclTexts(next).final,
      ])
      for (const name of names) {
        const passwords = secretFiles.flatMap(file => passwordsIn([file], done).redis[name] ?? [])
        expect(new Set(passwords).size, `${name} after ${files}`).toBe(1)
        const [password = ''] = passwords
        expect(password).not.toBe(everybody.redis[name])
        expect(letIn(done, name, password)).toBe(true)
        expect(letIn(done, name, everybody.redis[name])).toBe(false)
        expect(parseAclFile(done.get('redis_acl') ?? '').hashes[name]).toHaveLength(1)
      }
      const flower = pairOf(done.get('flower_auth')?.trim() ?? '')
      expect(atob(/Basic (\S+)"/.exec(done.get('proxy_upstream') ?? '')?.[1] ?? '')).toBe(
        flower && joined(flower),
      )
      expect(planRotation(done, {}, {...wishes, finish: true})).toMatchObject({underWay: false, renewed: []})
    }
  })

  it('gives another password only to whom the first one never reached', async () => {
    const {first, texts} = await brokenOffAfter(3)
    const next = planRotation(texts, {}, wishes)
    expect(next.passwords.redis.worker).toBe(first.passwords.redis.worker)
    expect(next.renewed).toEqual(names.filter(user => user !== 'worker' && user !== 'health'))
  })

  it('is under way where only Redis still knows an earlier password, and does not begin anew', async () => {
    const texts = await textsFor(everybody)
    const own = redisHash(everybody.redis.worker)
    const inRedis = {worker: ['e'.repeat(64), own]}
    const rotation = planRotation(texts, inRedis, wishes)
    expect(rotation).toMatchObject({underWay: true, renewed: [], flower: false})
    expect(await changedFiles(rotation, texts, '/s')).toEqual([])
    expect(rotation.both.hashes.worker).toEqual(inRedis.worker)
    expect(rotation.final.hashes.worker).toEqual([own])
  })

  it('that is to finish gives nobody a new password', async () => {
    for (const files of [0, 1, 2, 99]) {
      const {texts} = await brokenOffAfter(files)
      const last: Rotation = planRotation(texts, {}, {...wishes, finish: true})
      expect(last.renewed).toEqual([])
      const done = written(texts, [...(await changedFiles(last, texts, '/s')), aclTexts(last).final])
      for (const {name} of redisUsers) {
        expect(letIn(done, name, inFiles(done).redis[name] ?? '')).toBe(true)
        expect(parseAclFile(done.get('redis_acl') ?? '').hashes[name]).toHaveLength(1)
      }
    }
  })

  it('says whose password no file holds', async () => {
    const texts = await textsFor(everybody)
    texts.set('recorder_redis_url', 'redis://redis:6379/0\n')
    expect(() => planRotation(texts, {}, wishes)).toThrow(NoPassword)
    expect(() => planRotation(texts, {}, wishes)).toThrow('no file holds the password of recorder')
  })

  it('writes an ACL file of hashes alone', async () => {
    const texts = await textsFor(everybody)
    const rotation = planRotation(texts, {}, wishes)
    const {both} = aclTexts(rotation)
    expect(both.text).toBe(aclText(rotation.both))
    for (const password of [...Object.values(everybody.redis), ...Object.values(rotation.passwords.redis)])
      expect(both.text).not.toContain(password)
  })
})

it('services are started again when a file of theirs is newer than they are', () => {
  const started = [
    {service: 'celery-worker', at: 1000},
    {service: 'flower', at: 3000},
    {service: 'redis', at: 500},
  ]
  const at = (...files: string[]) => new Map(files.map(name => [name, 2000]))
  expect(toRestart(started, at('worker_broker_url', 'flower_auth'))).toEqual(['celery-worker'])
  expect(toRestart(started, at('redis_health'))).toEqual(['redis'])
  expect(leftBehindAt('redis_health', {born: 1, changed: 9})).toBe(1)
  expect(leftBehindAt('flower_auth', {born: 1, changed: 9})).toBe(9)
})
