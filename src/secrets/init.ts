import {createPrivateKey, X509Certificate} from 'node:crypto'
import {lstat, readdir} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {type AclFile, aclText, parseAclFile} from '../redis-users/acl-file.ts'
import {redisUsers} from '../redis-users/registry.ts'
import {certificateIn, makeRedisTls} from './authority.ts'
import {
  completed,
  contentOf,
  type FoundPasswords,
  joined,
  letsIn,
  type Made,
  type Passwords,
  passwordsIn,
  upstreamLine,
} from './contents.ts'
import {secretFile, secretFiles} from './files.ts'
import {type Keeper, type KeeperOptions, keeperOf, makeFolder, type Text} from './keeper.ts'
import {redisHash} from './passwords.ts'

export type InitWishes = {
  /** TLS between the services, where there is none. */
  redisTls: boolean
  /** A certificate of one's own for the proxy, as PEM. */
  tls: {certificate: string; key: string} | null
}

export type Initialised = {
  folder: string
  /** Files that were not there. */
  made: string[]
  /** Files that were there and no longer fitted the others, and why. */
  changed: {name: string; why: string}[]
  /** Files that were there and are as they were. */
  kept: string[]
}

/**
 * Makes what is missing in the folder of secrets and leaves what is there; made again, it does nothing. Throws a `HubError`.
 */
export async function initSecrets(options: KeeperOptions, wishes: InitWishes): Promise<Initialised> {
  const {folder, signal} = options
  if (wishes.tls !== null) refuseWrongPair(wishes.tls)
  await makeFolder(options)
  const there = await filesIn(folder)
  const keeper = await keeperOf(options)
  const missing = secretFiles.filter(({name}) => !there.has(name))
  const plan = await planOf(keeper, there, options, wishes)
  signal.throwIfAborted()
  await keeper.write(plan.map(({name, text}) => ({name, text})))
  const proxyData = await keeper.makeProxyData()
  const isMissing = (name: string) => missing.some(file => file.name === name)
  return {
    folder,
    made: [...plan.map(({name}) => name).filter(isMissing), ...(proxyData ? ['proxy-data'] : [])],
    changed: plan.filter(({name}) => !isMissing(name)).map(({name, why}) => ({name, why})),
    kept: secretFiles.map(({name}) => name).filter(name => !plan.some(text => text.name === name)),
  }
}

/** Names of the files of ours that are there. Throws a `HubError` where one is a link or a folder. */
export async function filesIn(folder: string): Promise<Set<string>> {
  const names = new Set(await readdir(folder))
  const own = secretFiles.filter(({name}) => names.has(name))
  for (const {name} of own) {
    const file = path.join(folder, name)
    if ((await lstat(file)).isFile()) continue
    throw new HubError('permission', 'not-a-file', `${file} is no plain file: take it away, and it is made`)
  }
  return new Set(own.map(({name}) => name))
}

type Planned = Text & {why: string}

async function planOf(
  keeper: Keeper,
  there: ReadonlySet<string>,
  {folder, signal}: KeeperOptions,
  wishes: InitWishes,
): Promise<Planned[]> {
  const before = await keeper.read(
    wishes.tls === null ? [] : ['tls_cert', 'tls_key'].filter(name => there.has(name)),
  )
  const given: Planned[] =
    wishes.tls === null
      ? []
      : [
          {name: 'tls_cert', text: wishes.tls.certificate, why: 'given'},
          {name: 'tls_key', text: wishes.tls.key, why: 'given'},
        ].filter(({name, text}) => before.get(name) !== text)
  const missing = secretFiles.filter(({name}) => !there.has(name))
  if (missing.length === 0 && !wishes.redisTls) return given

  const texts = await keeper.read([...there])
  const found = passwordsIn(secretFiles, texts)
  const passwords = completed(found)
  const hadTls = (texts.get('redis_tls') ?? '').trim() !== ''
  const tls = hadTls || wishes.redisTls
  const isOver =
    hadTls && !(Date.parse(certificateIn(texts.get('redis_tls') ?? '')?.validTo ?? '') > Date.now())
  const made: Made = {passwords, tls, folder, acl: aclWith(texts.get('redis_acl'), passwords, found)}

  const plan = new Map<string, Planned>()
  for (const file of missing) {
    const text = (await contentOf(file, made)) ?? ''
    plan.set(file.name, {name: file.name, text, why: 'was not there'})
  }
  for (const changed of await noLongerFitting(texts, made)) plan.set(changed.name, changed)
  if (wishes.redisTls && (!hadTls || isOver)) {
    for (const [name, text] of Object.entries(await makeRedisTls(folder, signal)))
      plan.set(name, {name, text, why: isOver ? 'its certificate has ended' : '--redis-tls'})
    for (const file of secretFiles.filter(({holds}) => holds.kind === 'redis-url')) {
      const text = (await contentOf(file, made)) ?? ''
      if (texts.get(file.name) !== text)
        plan.set(file.name, {name: file.name, text, why: 'its URL asks for TLS'})
    }
  }
  for (const one of given) plan.set(one.name, one)
  return [...plan.values()]
}

/** The users that are there; what lets ours in is what is in force, and what a rotation under way has not taken away yet. */
function aclWith(text: string | undefined, passwords: Passwords, found: FoundPasswords): AclFile {
  const before: AclFile = text === undefined ? {hashes: {}, others: []} : parseAclFile(text)
  const merged = redisUsers.map(({name}) => {
    // A password that nobody has any more lets nobody in.
    const earlier = found.redis[name] === undefined ? [] : (before.hashes[name] ?? [])
    return [name, [...new Set([...earlier, redisHash(passwords.redis[name])])]]
  })
  return {hashes: Object.fromEntries(merged) as AclFile['hashes'], others: before.others}
}

/** What is made of other files, and was there before one of them was made anew. */
async function noLongerFitting(texts: ReadonlyMap<string, string>, made: Made): Promise<Planned[]> {
  const {passwords, acl} = made
  const planned: Planned[] = []
  const aclBefore = texts.get('redis_acl')
  if (aclBefore !== undefined) {
    const {hashes} = parseAclFile(aclBefore)
    const strange = redisUsers.filter(
      ({name}) => !(hashes[name] ?? []).includes(redisHash(passwords.redis[name])),
    )
    if (strange.length > 0)
      planned.push({
        name: 'redis_acl',
        text: aclText(acl),
        why: `it did not know the password of ${strange.map(({name}) => name).join(', ')}`,
      })
  }
  const users = texts.get('proxy_users')
  if (users !== undefined && (await letsIn(users, passwords.login)) !== true) {
    const own = await contentOf(secretFile('proxy_users'), made)
    const others = users
      .split('\n')
      .filter(line => line.trim() !== '' && nameIn(line) !== passwords.login.user)
    planned.push({
      name: 'proxy_users',
      text: `${own}${others.map(line => `${line}\n`).join('')}`,
      why: 'it did not let in what stands in login',
    })
  }
  const own = texts.get('hub-mon_flower')
  if (own !== undefined && own.trim() !== joined(passwords.flower))
    planned.push({
      name: 'hub-mon_flower',
      text: `${joined(passwords.flower)}\n`,
      why: 'it was not what stands in flower_auth',
    })
  const upstream = texts.get('proxy_upstream')
  if (upstream !== undefined && upstream.trim() !== upstreamLine(passwords.flower))
    planned.push({
      name: 'proxy_upstream',
      text: `${upstreamLine(passwords.flower)}\n`,
      why: 'it did not open what stands in flower_auth',
    })
  return planned
}

function nameIn(line: string): string | undefined {
  return line.trim().split(/\s+/)[0]
}

/** A key that is another's would keep the proxy from starting. */
function refuseWrongPair({certificate, key}: {certificate: string; key: string}): void {
  const wrong = (message: string) =>
    new HubError('usage', 'wrong-certificate', message, {
      suggestions: ['both are PEM, the certificate with those between it and its authority behind it'],
    })
  let first: X509Certificate
  try {
    first = new X509Certificate(certificate)
  } catch {
    throw wrong('the file of the certificate holds none')
  }
  let matches: boolean
  try {
    matches = first.checkPrivateKey(createPrivateKey(key))
  } catch {
    throw wrong('the file of the private key holds none that can be used without a password')
  }
  if (!matches) throw wrong('the private key is not the one of the certificate')
}
