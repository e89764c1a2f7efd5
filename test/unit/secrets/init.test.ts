import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import type {HubError} from '../../../src/errors/hub-error.ts'
import {parseAclFile} from '../../../src/redis-users/acl-file.ts'
import {redisUsers} from '../../../src/redis-users/registry.ts'
import {letsIn, pairOf, passwordsIn} from '../../../src/secrets/contents.ts'
import {secretFiles} from '../../../src/secrets/files.ts'
import {type InitWishes, initSecrets} from '../../../src/secrets/init.ts'
import {redisHash} from '../../../src/secrets/passwords.ts'
import {parseRedisUrl} from '../../../src/sources/redis/endpoint.ts'
import {makeAuthority} from '../../services/authority.ts'

let base: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'hub-mon-init-'))
  folder = path.join(base, 'secrets')
})
afterEach(() => rmSync(base, {recursive: true}))

const init = (wishes: Partial<InitWishes> = {}) =>
  initSecrets(
    {
      folder,
      engine: () => Promise.reject(new Error('the engine was asked')),
      images: [],
      command: 'hub-mon secrets init',
      signal: new AbortController().signal,
    },
    {redisTls: false, tls: null, ...wishes},
  )
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
const all = () => Object.fromEntries(secretFiles.map(({name}) => [name, read(name)]))
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was not refused'),
    error => error as HubError,
  )

// Whoever is no root hands files over by a container: test/integration/secrets-init.test.ts.
describe.skipIf(process.getuid?.() !== 0)('the files of secrets', () => {
  it('belong to their service alone, in a folder that nobody else may enter', async () => {
    expect((await init()).made).toEqual([...secretFiles.map(({name}) => name), 'proxy-data'])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const {name, mode, uid} of secretFiles) {
      const {mode: has, uid: owner} = statSync(path.join(folder, name))
      expect([name, has & 0o777, owner]).toEqual([name, mode, uid === 'operator' ? 0 : uid])
    }
    const {mode, uid} = statSync(path.join(folder, 'proxy-data'))
    expect([mode & 0o777, uid]).toEqual([0o700, 1001])
    expect(readdirSync(folder).sort()).toEqual([...secretFiles.map(({name}) => name), 'proxy-data'].sort())
  })

  it('fit each other', async () => {
    await init()
    const {hashes} = parseAclFile(read('redis_acl'))
    for (const {name, holds} of secretFiles) {
      if (holds.kind === 'redis-url') {
        const {username, password, database, tls} = parseRedisUrl(read(name).trim())
        expect([username, database, tls], name).toEqual([holds.user, holds.database, null])
        expect(hashes[holds.user], name).toEqual([redisHash(password ?? '')])
      }
      if (holds.kind === 'redis-password') expect(hashes[holds.user]).toEqual([redisHash(read(name).trim())])
    }
    expect(Object.keys(hashes).sort()).toEqual(redisUsers.map(({name}) => name).sort())
    const login = pairOf(read('login').trim())
    expect(login && (await letsIn(read('proxy_users'), login))).toBe(true)
    const upstream = /^header_up Authorization "Basic (\S+)"$/.exec(read('proxy_upstream').trim())?.[1] ?? ''
    expect(atob(upstream)).toBe(read('flower_auth').trim())
  })

  it('hold no password twice, and none in the ACL file', async () => {
    await init()
    const {redis, flower, login} = passwordsIn(secretFiles, new Map(Object.entries(all())))
    const passwords = [...Object.values(redis), flower?.password, login?.password]
    expect(new Set(passwords).size).toBe(redisUsers.length + 2)
    for (const password of passwords) {
      expect(password).toMatch(/^[\w-]{43}$/)
      expect(read('redis_acl')).not.toContain(password)
      expect(read('proxy_users')).not.toContain(password)
    }
  })

  it('stay as they are', async () => {
    await init()
    const before = all()
    const times = secretFiles.map(({name}) => statSync(path.join(folder, name)).mtimeMs)
    expect(await init()).toMatchObject({made: [], changed: []})
    expect(all()).toEqual(before)
    expect(secretFiles.map(({name}) => statSync(path.join(folder, name)).mtimeMs)).toEqual(times)
  })

  it('are made again from what the others know, and where nobody knows it, the others learn it', async () => {
    await init()
    const before = all()
    for (const name of ['worker_broker_url', 'flower_auth', 'proxy_users']) rmSync(path.join(folder, name))
    expect(await init()).toMatchObject({
      made: ['worker_broker_url', 'flower_auth', 'proxy_users'],
      changed: [],
    })
    const {proxy_users: hash, ...rest} = before
    expect(all()).toEqual({...rest, proxy_users: expect.not.stringMatching(hash ?? '')})

    rmSync(path.join(folder, 'hub-mon_act'))
    rmSync(path.join(folder, 'login'))
    expect(await init()).toMatchObject({
      made: ['hub-mon_act', 'login'],
      changed: [
        {name: 'redis_acl', why: 'it did not know the password of hub-mon-act'},
        {name: 'proxy_users', why: 'it did not let in what stands in login'},
      ],
    })
    const password = parseRedisUrl(read('hub-mon_act').trim()).password ?? ''
    expect(parseAclFile(read('redis_acl')).hashes['hub-mon-act']).toEqual([redisHash(password)])
  })

  it('leave other users of Redis and of the proxy in peace', async () => {
    await init()
    writeFileSync(
      path.join(folder, 'redis_acl'),
      `${read('redis_acl')}user shop on #${'a'.repeat(64)} ~shop:* +get\n`,
    )
    writeFileSync(path.join(folder, 'proxy_users'), `${read('proxy_users')}ann $2b$10$x\n`)
    rmSync(path.join(folder, 'recorder_redis_url'))
    rmSync(path.join(folder, 'login'))
    await init()
    expect(read('redis_acl')).toContain('user shop on')
    expect(read('proxy_users')).toMatch(/^hub \S+\nann \S+\n$/)
  })

  it('ask for TLS when that was wished, with a certificate of an authority of this hub', async () => {
    await init()
    const before = passwordsIn(secretFiles, new Map(Object.entries(all())))
    const {changed} = await init({redisTls: true})
    expect(changed.map(({name}) => name)).toContain('worker_broker_url')
    expect(passwordsIn(secretFiles, new Map(Object.entries(all())))).toEqual(before)
    expect(read('worker_broker_url')).toMatch(
      /^rediss:\/\/worker:[\w-]+@redis:6379\/0\?ssl_cert_reqs=required&ssl_ca_certs=%2Frun%2Fsecrets%2Fredis_ca\n$/,
    )
    expect(parseRedisUrl(read('hub-mon_ask').trim()).tls).toMatchObject({
      verify: true,
      caPath: path.join(folder, 'redis_ca'),
    })
    const files = ['-CAfile', path.join(folder, 'redis_ca'), path.join(folder, 'redis_tls')]
    expect(execFileSync('openssl', ['verify', '-x509_strict', ...files], {encoding: 'utf8'})).toContain(
      ': OK',
    )
    expect(read('redis_ca')).not.toContain('PRIVATE')
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
    // Once there is one, it stays.
    expect(await init({redisTls: true})).toMatchObject({made: [], changed: []})
  })

  it('get another certificate of Redis for one that has ended, when that is wished', async () => {
    await init({redisTls: true})
    const authority = await makeAuthority()
    const {cert, key} = await authority.issue(['redis'], {from: -80, to: -2})
    writeFileSync(path.join(folder, 'redis_tls'), `${cert}${key}`)
    await authority.remove()
    expect((await init()).changed).toEqual([])
    const why = 'its certificate has ended'
    expect((await init({redisTls: true})).changed).toEqual([
      {name: 'redis_tls', why},
      {name: 'redis_ca', why},
    ])
    const files = ['-CAfile', path.join(folder, 'redis_ca'), path.join(folder, 'redis_tls')]
    expect(execFileSync('openssl', ['verify', ...files], {encoding: 'utf8'})).toContain(': OK')
  })

  it('take a certificate of your own, if the key is its key', async () => {
    const make = (name: string) => {
      const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      const files = ['-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`]
      execFileSync('openssl', [...words, ...files], {cwd: base, stdio: 'ignore'})
      const text = (ending: string) => readFileSync(path.join(base, `${name}.${ending}`), 'utf8')
      return {certificate: text('pem'), key: text('key')}
    }
    const [one, other] = [make('one'), make('other')]
    expect(await refusal(init({tls: {...one, key: other.key}}))).toMatchObject({
      exit: 64,
      message: 'the private key is not the one of the certificate',
    })
    expect(await refusal(init({tls: {...one, certificate: 'x'}}))).toMatchObject({code: 'wrong-certificate'})
    expect(await refusal(init({tls: {...one, key: 'x'}}))).toMatchObject({code: 'wrong-certificate'})
    await init()
    expect(read('tls_cert')).toBe('')
    expect((await init({tls: one})).changed.map(({name}) => name)).toEqual(['tls_cert', 'tls_key'])
    expect(read('tls_key')).toBe(one.key)
    expect(statSync(path.join(folder, 'tls_key'))).toMatchObject({uid: 1001})
  })

  it('are written into no folder that others may enter', async () => {
    await init()
    chmodSync(folder, 0o750)
    expect(await refusal(init())).toMatchObject({
      exit: 77,
      code: 'folder-open',
      suggestions: [`chmod 700 ${folder}`],
    })
  })

  it('are no links to elsewhere', async () => {
    await init()
    rmSync(path.join(folder, 'login'))
    symlinkSync('/etc/passwd', path.join(folder, 'login'))
    expect(await refusal(init())).toMatchObject({code: 'not-a-file'})
  })

  it('what an interrupted write left is taken away by the next', async () => {
    await init()
    writeFileSync(path.join(folder, '.login.0123456789ab.tmp'), 'half')
    rmSync(path.join(folder, 'login'))
    await init()
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
  })
})
