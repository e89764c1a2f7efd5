import {beforeAll, describe, expect, it} from 'vitest'
import {aclText, parseAclFile} from '../../../src/redis-users/acl-file.ts'
import {signInsOf} from '../../../src/secrets/ask-redis.ts'
import {completed, contentOf, hashesOf, type Made, type Passwords} from '../../../src/secrets/contents.ts'
import type {RunningFacts, SecretsFacts} from '../../../src/secrets/facts.ts'
import {secretFiles} from '../../../src/secrets/files.ts'
import {judgeSecrets} from '../../../src/secrets/judge.ts'

const commands = {
  init: ['hub-mon', 'secrets', 'init'],
  rotate: ['hub-mon', 'secrets', 'rotate'],
  restart: ['hub-mon', 'restart'],
}
const hash = (letter: string) => letter.repeat(64)
const self = 4711

let passwords: Passwords
let texts: Map<string, string>
beforeAll(async () => {
  passwords = completed({redis: {}, flower: null, login: null})
  texts = await textsFor(passwords)
})

async function textsFor(of: Passwords): Promise<Map<string, string>> {
  const made: Made = {passwords: of, tls: false, folder: '/s', acl: {hashes: hashesOf(of), others: []}}
  const pairs = secretFiles.map(async file => [file.name, (await contentOf(file, made)) ?? ''] as const)
  return new Map(await Promise.all(pairs))
}

function healthy(): SecretsFacts {
  return {
    folder: '/s',
    found: {mode: 0o700, uid: self, self},
    files: secretFiles.map(({name, mode, uid}) => ({
      name,
      found: {
        plain: true,
        mode,
        uid: uid === 'operator' ? self : uid,
        bytes: texts.get(name)?.length ?? 0,
        ageSeconds: 60,
        leftBehindAt: 1000,
      },
    })),
    leftovers: [],
    texts,
    unreadable: null,
    loginOpens: true,
    certificates: [],
    remapped: false,
    idle: null,
    running: running(),
  }
}

function running(more: Partial<RunningFacts> = {}): RunningFacts {
  const {hashes} = parseAclFile(texts.get('redis_acl') ?? '')
  return {
    unreachable: null,
    signIns: signInsOf(texts).map(({file, user}) => ({file, user, refused: null})),
    strangers: [{who: 'somebody without a password', letIn: false}],
    users: Object.entries(hashes).map(([name, known]) => ({
      name,
      on: true,
      hashes: [...(known ?? [])],
      nopass: false,
    })),
    started: [{service: 'flower', at: 2000}],
    ...more,
  }
}

const judged = (facts: SecretsFacts) =>
  judgeSecrets(facts, commands)
    .filter(({status}) => status !== 'pass')
    .map(({check, status, message}) => `${check} ${status}: ${message}`)

const changed = (name: string, change: (text: string) => string) =>
  new Map(texts).set(name, change(texts.get(name) ?? ''))
const file = (name: string, more: object): SecretsFacts => ({
  ...healthy(),
  files: healthy().files.map(one =>
    one.name === name && one.found !== null ? {...one, found: {...one.found, ...more}} : one,
  ),
})

describe('the secrets', () => {
  it('are well as they are made', () => {
    expect(judged(healthy())).toEqual(['secrets.certificates skipped: there is none of our own'])
  })

  it('of a hub that does not run are judged as far as they go', () => {
    const findings = judgeSecrets({...healthy(), running: null, idle: 'the hub does not run'}, commands)
    expect(
      findings.filter(({message}) => message === 'the hub does not run').map(({check}) => check),
    ).toEqual(['secrets.sign-in', 'secrets.strangers', 'secrets.in-use'])
    expect(findings.every(({status}) => status === 'pass' || status === 'skipped')).toBe(true)
  })

  it('print none of themselves, whatever is wrong', async () => {
    const other = await textsFor(completed({redis: {}, flower: null, login: null}))
    const mixed = new Map(
      secretFiles.map(({name}, place) => [name, (place % 2 ? texts : other).get(name) ?? '']),
    )
    const said = JSON.stringify(judgeSecrets({...healthy(), texts: mixed, loginOpens: false}, commands))
    expect(said).toContain('critical')
    for (const text of [...texts.values(), ...other.values()])
      for (const word of text.match(/[\w-]{43}/g) ?? []) expect(said).not.toContain(word)
  })

  it.each<[string, () => SecretsFacts, string]>([
    [
      'a folder that is not there',
      () => ({
        ...healthy(),
        found: null,
        files: secretFiles.map(({name}) => ({name, found: null})),
        texts: null,
      }),
      'secrets.folder critical: there is no /s',
    ],
    [
      'a folder that others may enter',
      () => ({...healthy(), found: {mode: 0o750, uid: self, self}}),
      'secrets.folder critical: /s can be entered by others',
    ],
    [
      'a missing file',
      () => ({...healthy(), files: healthy().files.map(f => (f.name === 'login' ? {...f, found: null} : f))}),
      'secrets.files critical: login is missing',
    ],
    ['a link', () => file('login', {plain: false}), 'secrets.files critical: login is no plain file'],
    [
      'what a write left',
      () => ({...healthy(), leftovers: ['.login.0123456789ab.tmp']}),
      'secrets.files notice: a write that was broken off left .login.0123456789ab.tmp',
    ],
    [
      'a file that others may read',
      () => file('worker_broker_url', {mode: 0o444}),
      'secrets.owners critical: worker_broker_url is mode 444 of uid 1000, not 400 of 1000',
    ],
    [
      'a file that its service cannot read',
      () => file('redis_acl', {uid: 0}),
      'secrets.owners critical: redis_acl is mode 400 of uid 0, not 400 of 999',
    ],
    [
      'files that we may not read',
      () => ({...healthy(), texts: null, unreadable: 'that takes root'}),
      'secrets.known unknown: that takes root',
    ],
    [
      'the password of the examples',
      () => ({...healthy(), texts: changed('login', () => 'admin:secure_password_here\n')}),
      'secrets.known critical: the password in login stands in examples that everybody has read',
    ],
    [
      'a short password of somebody',
      () => ({...healthy(), texts: changed('login', () => 'ann:x7-Kw2-pp\n')}),
      'secrets.known warning: the password in login has 9 characters, and fewer than 16 can be tried out',
    ],
    [
      'an ACL file that does not know a password',
      () => ({
        ...healthy(),
        texts: changed(
          'recorder_redis_url',
          () => 'redis://recorder:of-another-time-and-place@redis:6379/0\n',
        ),
      }),
      'secrets.fit critical: redis_acl does not know the password in recorder_redis_url',
    ],
    [
      'a URL without a password',
      () => ({...healthy(), texts: changed('worker_result_url', () => 'redis://redis:6379/1\n')}),
      'secrets.fit critical: worker_result_url holds no password of worker',
    ],
    [
      'a login that opens nothing',
      () => ({...healthy(), loginOpens: false}),
      'secrets.fit critical: proxy_users does not let in what stands in login',
    ],
    [
      'a proxy that does not open Flower',
      () => ({
        ...healthy(),
        texts: changed('proxy_upstream', () => 'header_up Authorization "Basic eDp5"\n'),
      }),
      'secrets.fit critical: proxy_upstream does not open what stands in flower_auth',
    ],
    [
      'another password of Flower for hub-mon',
      () => ({...healthy(), texts: changed('hub-mon_flower', () => 'hub-proxy:of-another-time-and-place\n')}),
      'secrets.fit critical: hub-mon_flower is not what stands in flower_auth',
    ],
    [
      'rights that somebody has changed',
      () => ({...healthy(), texts: changed('redis_acl', text => text.replace(' ~* &*', ' ~* &* +flushall'))}),
      'secrets.rights warning: in redis_acl, worker has other rights',
    ],
    [
      'a line that lets anybody in',
      () => ({...healthy(), texts: changed('redis_acl', text => `${text}user shop on nopass ~* +@all\n`)}),
      'secrets.rights critical: redis_acl lets shop in without a password',
    ],
    [
      'a rotation that was broken off',
      () => ({
        ...healthy(),
        texts: changed('redis_acl', text => text.replace('user worker on ', `user worker on #${hash('a')} `)),
      }),
      'secrets.one-password warning: an earlier password still lets in worker',
    ],
    [
      'a Redis that still lets in with an earlier password',
      () => ({
        ...healthy(),
        running: running({
          users: [{name: 'flower', on: true, hashes: [hash('a'), hash('b')], nopass: false}],
        }),
      }),
      'secrets.one-password warning: an earlier password still lets in flower',
    ],
    [
      'a user whom Redis refuses',
      () => ({
        ...healthy(),
        running: running({signIns: [{file: 'hub-mon_ask', user: 'hub-mon-ask', refused: 'WRONGPASS'}]}),
      }),
      'secrets.sign-in critical: Redis refuses hub-mon-ask, who signs in by hub-mon_ask',
    ],
    [
      'a Redis that cannot be reached',
      () => ({...healthy(), running: running({unreachable: 'nothing listens at 172.18.0.2:6379/0'})}),
      'secrets.sign-in unknown: nothing listens at 172.18.0.2:6379/0',
    ],
    [
      'a Redis that lets strangers in',
      () => ({
        ...healthy(),
        running: running({strangers: [{who: 'default with the password redis', letIn: true}]}),
      }),
      'secrets.strangers critical: Redis lets in default with the password redis',
    ],
    [
      'a default that is on',
      () => ({
        ...healthy(),
        running: running({users: [{name: 'default', on: true, hashes: [], nopass: true}]}),
      }),
      'secrets.strangers critical: Redis lets default in without a password',
    ],
    [
      'a service that was started before its secrets changed',
      () => ({...healthy(), running: running({started: [{service: 'recorder', at: 500}]})}),
      'secrets.in-use warning: recorder was started before recorder_redis_url, redis_ca changed',
    ],
    [
      'a certificate that ends',
      () => ({...healthy(), certificates: [{name: 'tls_cert', daysLeft: 20, subject: 'CN=hub'}]}),
      'secrets.certificates warning: tls_cert ends in 20 d',
    ],
    [
      'a certificate that has ended',
      () => ({...healthy(), certificates: [{name: 'redis_tls', daysLeft: -2, subject: 'CN=redis'}]}),
      'secrets.certificates critical: redis_tls ended 2 d ago',
    ],
    [
      'a certificate that is none',
      () => ({...healthy(), certificates: [{name: 'tls_cert', daysLeft: null, subject: null}]}),
      'secrets.certificates critical: tls_cert holds no certificate',
    ],
    [
      'a secret of two years ago',
      () => file('flower_auth', {ageSeconds: 2 * 365 * 86_400}),
      'secrets.age notice: flower_auth is older than a year',
    ],
  ])('%s', (_what, facts, expected) => {
    expect(judged(facts())).toContain(expected)
  })

  it('of an engine that gives its containers uids of their own are judged by their modes', () => {
    expect(judged({...file('redis_acl', {uid: 100_998}), remapped: true})).toEqual([
      'secrets.certificates skipped: there is none of our own',
    ])
  })

  it('are old to a Redis that was started before they were replaced', () => {
    const facts = file('redis_acl', {leftBehindAt: 9000})
    expect(judged({...facts, running: running({started: [{service: 'redis', at: 2000}]})})).toEqual([
      'secrets.in-use warning: redis was started before redis_acl changed',
      'secrets.certificates skipped: there is none of our own',
    ])
  })

  it.each([
    ['ends', 20, ['hub-mon secrets rotate --redis-tls']],
    ['has ended', -2, ['hub-mon secrets init --redis-tls', 'hub-mon restart']],
  ])('a certificate of Redis that %s comes with what to type', (_what, daysLeft, typed) => {
    const certificates = ['redis_tls', 'redis_ca'].map(name => ({name, daysLeft, subject: 'CN=redis'}))
    const finding = judgeSecrets({...healthy(), certificates}, commands).find(({status}) => status !== 'pass')
    expect(finding?.check).toBe('secrets.certificates')
    const cures = finding?.remedies.filter(({kind}) => kind === 'cure') ?? []
    expect(cures.map(({command}) => command?.join(' '))).toEqual(typed)
  })

  it('every problem comes with something to type or to decide', () => {
    const broken: SecretsFacts = {
      ...healthy(),
      found: {mode: 0o755, uid: self, self},
      loginOpens: false,
      running: running({strangers: [{who: 'somebody', letIn: true}], started: [{service: 'proxy', at: 1}]}),
    }
    for (const {check, status, remedies} of judgeSecrets(broken, commands))
      if (status === 'critical' || status === 'warning') expect(remedies, check).not.toEqual([])
  })
})

it('the ACL file of the tests is the one that is made', () => {
  expect(texts.get('redis_acl')).toBe(aclText({hashes: hashesOf(passwords), others: []}))
})
