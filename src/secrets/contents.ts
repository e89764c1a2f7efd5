import {type AclFile, aclText} from '../redis-users/acl-file.ts'
import {type RedisUserName, redisUsers} from '../redis-users/registry.ts'
import type {SecretFile} from './files.ts'
import {newPassword, redisHash} from './passwords.ts'

export type Pair = {user: string; password: string}

/** All that is secret; every file is made of it. */
export type Passwords = {
  redis: Record<RedisUserName, string>
  flower: Pair
  login: Pair
}

/** Whom the proxy signs in to Flower as, and whom people sign in to the proxy as, where nobody said otherwise. */
const names = {flower: 'hub-proxy', login: 'hub'} as const

/** What was found of them in files that are there, and the rest made anew. */
export function completed(found: FoundPasswords): Passwords {
  const pair = (of: 'flower' | 'login'): Pair => found[of] ?? {user: names[of], password: newPassword()}
  return {
    redis: Object.fromEntries(
      redisUsers.map(({name}) => [name, found.redis[name] ?? newPassword()]),
    ) as Passwords['redis'],
    flower: pair('flower'),
    login: pair('login'),
  }
}

export type FoundPasswords = {
  redis: Partial<Record<RedisUserName, string>>
  flower: Pair | null
  login: Pair | null
}

/** The passwords that stand in these files, by name of the file. */
export function passwordsIn(
  files: readonly SecretFile[],
  texts: ReadonlyMap<string, string>,
): FoundPasswords {
  const found: FoundPasswords = {redis: {}, flower: null, login: null}
  for (const {name, holds} of files) {
    const line = texts.get(name)?.trim() ?? ''
    if (line === '') continue
    if (holds.kind === 'redis-url') addTo(found, holds.user, passwordOfUrl(line))
    if (holds.kind === 'redis-password') addTo(found, holds.user, line)
    if (holds.kind === 'pair') found[holds.of] ??= pairOf(line)
    if (holds.kind === 'proxy-upstream') found.flower ??= pairInHeader(line)
  }
  return found
}

function addTo({redis}: FoundPasswords, user: RedisUserName, password: string | undefined): void {
  if (password !== undefined) redis[user] ??= password
}

/** The password of a Redis URL; absent where it has none. */
function passwordOfUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const {password} = new URL(url)
  return password === '' ? undefined : decodeURIComponent(password)
}

/** `user:password`, of several with commas the first. */
export function pairOf(line: string): Pair | null {
  const [, user, password] = /^([^:]+):([^,]+)/s.exec(line) ?? []
  return user === undefined || password === undefined ? null : {user, password}
}

function pairInHeader(line: string): Pair | null {
  const encoded = /Basic ([\w+/=]+)/.exec(line)?.[1]
  return encoded === undefined ? null : pairOf(Buffer.from(encoded, 'base64').toString())
}

export type Made = {
  passwords: Passwords
  /** Redis is spoken to over TLS. */
  tls: boolean
  /** For the URLs of hub-mon itself, which reads the authority from the folder. */
  folder: string
  /** Who else stands in the ACL file, and which other passwords still let our users in. */
  acl: AclFile
}

/** The text of a file; `null` for one that is given, not made. */
export async function contentOf({name, holds, services}: SecretFile, made: Made): Promise<string | null> {
  const {passwords} = made
  switch (holds.kind) {
    case 'acl':
      return aclText(made.acl)
    case 'redis-url': {
      const ca = services.length === 0 ? `${made.folder}/redis_ca` : '/run/secrets/redis_ca'
      return `${redisUrl(holds, passwords.redis[holds.user], made.tls ? ca : null)}\n`
    }
    case 'redis-password':
      return `${passwords.redis[holds.user]}\n`
    case 'pair':
      return `${joined(passwords[holds.of])}\n`
    case 'proxy-users':
      return `${passwords.login.user} ${await bcryptHash(passwords.login.password)}\n`
    case 'proxy-upstream':
      return `${upstreamLine(passwords.flower)}\n`
    case 'pem':
      return null
    default:
      throw new Error(`${name} holds what nobody makes`)
  }
}

/** As Celery and hub-mon read it: the host is the service's name, which its certificate has. */
function redisUrl(
  {user, database}: {user: RedisUserName; database: number},
  password: string,
  caPath: string | null,
): string {
  const scheme = caPath === null ? 'redis' : 'rediss'
  // Both spellings of "required" are Celery's; without a certificate's check, TLS hides from nobody.
  const trust = caPath === null ? '' : `?ssl_cert_reqs=required&ssl_ca_certs=${encodeURIComponent(caPath)}`
  return `${scheme}://${user}:${encodeURIComponent(password)}@redis:6379/${database}${trust}`
}

export function joined({user, password}: Pair): string {
  return `${user}:${password}`
}

/** A line of the proxy's configuration: with this header Flower lets the proxy in. */
export function upstreamLine(pair: Pair): string {
  return `header_up Authorization "Basic ${Buffer.from(joined(pair)).toString('base64')}"`
}

/** What it takes to check a password once more each time that a page asks: generated ones need no slower hash. */
const bcryptRounds = 10

async function bcryptHash(password: string): Promise<string> {
  const {hash} = await import('bcryptjs')
  return hash(password, bcryptRounds)
}

/** Whether the line of the proxy's users lets this pair in; `null` where it has no line of that name. */
export async function letsIn(users: string, {user, password}: Pair): Promise<boolean | null> {
  const line = users
    .split('\n')
    .map(text => text.trim().split(/\s+/))
    .find(([name]) => name === user)
  if (line?.[1] === undefined) return null
  const {compare} = await import('bcryptjs')
  return compare(password, line[1])
}

/** The hashes of the passwords in force, for the ACL file. */
export function hashesOf({redis}: Passwords): Record<RedisUserName, string[]> {
  return Object.fromEntries(
    Object.entries(redis).map(([name, password]) => [name, [redisHash(password)]]),
  ) as Record<RedisUserName, string[]>
}
