import {type AclFile, aclText, parseAclFile} from '../redis-users/acl-file.ts'
import {type RedisUserName, redisUsers} from '../redis-users/registry.ts'
import {contentOf, type Made, type Pair, type Passwords, pairOf, passwordsIn} from './contents.ts'
import {type SecretFile, secretFile, secretFiles} from './files.ts'
import type {Text} from './keeper.ts'
import {newPassword, redisHash} from './passwords.ts'

const allUsers: readonly RedisUserName[] = redisUsers.map(({name}) => name)

/** How a rotation is to go on from what is in the files. */
export type Rotation = {
  /** Earlier passwords let somebody in already: one that was broken off, or kept open, is finished. */
  underWay: boolean
  /** Who gets a new password now. */
  renewed: RedisUserName[]
  /** Hashes of what lets each user in until the end: the new one is the last. */
  both: AclFile
  /** And at the end. */
  final: AclFile
  passwords: Passwords
  /** What lets nobody in any more at the end; of users who are renewed now. */
  earlier: {user: RedisUserName; password: string}[]
  flower: boolean
  login: boolean
}

export type RotationWishes = {
  /** Takes the earlier passwords away and gives no new ones. */
  finish: boolean
  login: boolean
  /** Redis has earlier files than these: what is written in place would not reach its health check, which keeps its password. */
  redisIsBehind: boolean
}

/**
 * What is to be done, by the files as they are and by what lets our users in to the Redis that runs. A user whose last password in the ACL file stands in its files is through with the
 * first half; one whose last password is nowhere, because its file was never written, gets another.
 * Throws `NoPassword` where a file holds none.
 */
export function planRotation(
  texts: ReadonlyMap<string, string>,
  inRedis: AclFile['hashes'],
  {finish, login, redisIsBehind}: RotationWishes,
): Rotation {
  const before = parseAclFile(texts.get('redis_acl') ?? '')
  // What Redis knows and the file does not is from before: the file is written first.
  const hashesOf = (user: RedisUserName) => {
    const inFile = before.hashes[user] ?? []
    return [...(inRedis[user] ?? []).filter(hash => !inFile.includes(hash)), ...inFile]
  }
  const underWay = allUsers.some(user => hashesOf(user).length > 1)
  const redis = {} as Record<RedisUserName, string>
  const both: Partial<Record<RedisUserName, readonly string[]>> = {}
  const earlier: Rotation['earlier'] = []
  const renewed: RedisUserName[] = []
  for (const {name} of redisUsers) {
    const current = currentPassword(name, texts, hashesOf(name))
    if (current === null) throw new NoPassword(name)
    const known = [...new Set([...hashesOf(name), redisHash(current)])]
    const lost = known.length > 1 && known.at(-1) !== redisHash(current)
    const keeps = finish || (name === 'health' && redisIsBehind)
    const isRenewed = !keeps && (underWay ? lost : true)
    redis[name] = isRenewed ? newPassword() : current
    if (isRenewed) {
      renewed.push(name)
      earlier.push({user: name, password: current})
    }
    both[name] = [...new Set([...known, redisHash(redis[name])])]
  }
  const flowerNow = pairOf(texts.get('flower_auth')?.trim() ?? '')
  const loginNow = pairOf(texts.get('login')?.trim() ?? '')
  const flower = flowerNow === null || (!underWay && !finish)
  const newLogin = login || loginNow === null
  const renew = (pair: Pair | null, usual: string): Pair => ({
    user: pair?.user ?? usual,
    password: newPassword(),
  })
  const passwords: Passwords = {
    redis,
    flower: flower ? renew(flowerNow, 'hub-proxy') : (flowerNow as Pair),
    login: newLogin ? renew(loginNow, 'hub') : (loginNow as Pair),
  }
  const ends = redisUsers.map(({name}) => [name, [redisHash(redis[name])]] as const)
  return {
    ...{underWay, renewed, earlier, passwords, flower, login: newLogin},
    both: {hashes: both, others: before.others},
    final: {hashes: Object.fromEntries(ends) as AclFile['hashes'], others: before.others},
  }
}

export class NoPassword extends Error {
  readonly user: RedisUserName

  constructor(user: RedisUserName) {
    super(`no file holds the password of ${user}`)
    this.user = user
  }
}

/** Of a user's files, one may be written already and the other not: the later password counts. */
function currentPassword(
  user: RedisUserName,
  texts: ReadonlyMap<string, string>,
  hashes: readonly string[],
): string | null {
  const held = secretFiles.flatMap(file => {
    const found = passwordsIn([file], texts).redis[user]
    return found === undefined ? [] : [{password: found, place: hashes.indexOf(redisHash(found))}]
  })
  return held.length === 0 ? null : held.reduce((a, b) => (b.place > a.place ? b : a)).password
}

/** The ACL file of the first half, and of the end. */
export function aclTexts({both, final}: Rotation): {both: Text; final: Text} {
  const of = (acl: AclFile): Text => ({name: 'redis_acl', text: aclText(acl)})
  return {both: of(both), final: of(final)}
}

/** The files that are to be other ones than they are, without the ACL file. */
export async function changedFiles(
  {passwords, both, login}: Rotation,
  texts: ReadonlyMap<string, string>,
  folder: string,
): Promise<Text[]> {
  const tls = (texts.get('redis_tls') ?? '').trim() !== ''
  const made: Made = {passwords, tls, folder, acl: both}
  const changed: Text[] = []
  for (const file of secretFiles) {
    if (file.holds.kind === 'acl' || file.holds.kind === 'pem') continue
    if (file.holds.kind === 'proxy-users') {
      if (login) changed.push({name: file.name, text: await proxyUsers(file, made, texts)})
      continue
    }
    const text = (await contentOf(file, made)) ?? ''
    if (texts.get(file.name)?.trim() !== text.trim()) changed.push({name: file.name, text})
  }
  return changed
}

/** Other people's lines stay. */
async function proxyUsers(file: SecretFile, made: Made, texts: ReadonlyMap<string, string>): Promise<string> {
  const others = (texts.get(file.name) ?? '')
    .split('\n')
    .filter(line => line.trim() !== '' && line.trim().split(/\s+/)[0] !== made.passwords.login.user)
  return `${await contentOf(file, made)}${others.map(line => `${line}\n`).join('')}`
}

/** Services that run and do not have these files as they are now. */
export function toRestart(
  started: readonly {service: string; at: number}[],
  leftBehindAt: ReadonlyMap<string, number>,
): string[] {
  const late = started.filter(({service, at}) =>
    [...leftBehindAt].some(([name, time]) => time > at && secretFile(name).services.includes(service)),
  )
  return [...new Set(late.map(({service}) => service))]
}

/** Services that read files which a rotation renews, in the order in which they are started again: the page last. */
export function readersOf(names: readonly string[]): string[] {
  const order = ['celery-worker', 'recorder', 'flower', 'proxy']
  const readers = new Set(names.flatMap(name => secretFile(name).services))
  return order.filter(service => readers.has(service))
}
