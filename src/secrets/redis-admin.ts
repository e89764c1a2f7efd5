import type {AclFile} from '../redis-users/acl-file.ts'
import {type AclUser, aclWords, parseAclLine, wordsFor} from '../redis-users/acl-file.ts'
import {redisUsers} from '../redis-users/registry.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {RedisConnection} from '../sources/redis/connection.ts'
import {parseInfo} from '../sources/redis/info.ts'

/** Somebody who is signed in to Redis. */
export type SignedIn = {user: string; address: string; forSeconds: number}

/** Makes our users what this says, each at once with all that it may do. Throws a `SourceError`. */
export async function setUsers({client}: RedisConnection, {hashes}: AclFile): Promise<void> {
  const info = parseInfo((await said(client.info('server'), 'INFO')) as string)
  const version = info.get('redis_version') ?? ''
  for (const {name} of redisUsers) {
    const known = hashes[name]
    if (known === undefined || known.length === 0) continue
    const words = wordsFor(version, aclWords(name, known))
    await said(client.call('ACL', 'SETUSER', name, 'reset', ...words), `ACL SETUSER ${name}`)
  }
}

/**
 * Redis reads its certificate, its key and the authorities again; what is connected stays. Who may change users may let itself set
 * Redis up, and does so for this alone. Throws a `SourceError`.
 */
export async function readCertificateAgain({client}: RedisConnection): Promise<void> {
  const lets = (right: string) => said(client.call('ACL', 'SETUSER', 'hub-mon-admin', right), 'ACL SETUSER')
  await lets('+config|set')
  try {
    // The same name again: it is what lies there that has changed.
    const words = ['CONFIG', 'SET', 'tls-cert-file', '/run/secrets/redis_tls'] as const
    await said(client.call(...words), words.join(' '))
  } finally {
    await lets('-config|set')
  }
}

/** Redis's users as it has them now. Throws a `SourceError`. */
export async function listUsers({client}: RedisConnection): Promise<AclUser[]> {
  const lines = (await said(client.call('ACL', 'LIST'), 'ACL LIST')) as string[]
  return lines.flatMap(line => parseAclLine(line) ?? [])
}

/** Who is signed in as one of our users now. Throws a `SourceError`. */
export async function listSignedIn({client}: RedisConnection): Promise<SignedIn[]> {
  const text = (await said(client.call('CLIENT', 'LIST'), 'CLIENT LIST')) as string
  return text.split('\n').flatMap(line => {
    const word = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1]
    const [user, address] = [word('user'), word('addr')]
    if (user === undefined || address === undefined) return []
    return [{user, address: address.replace(/:\d+$/, ''), forSeconds: Number(word('age') ?? 0)}]
  })
}

async function said(answer: Promise<unknown>, what: string): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new SourceError('refused-command', `Redis refused ${what}: ${words}`)
  }
}
