import {parseAclLine} from '../redis-users/acl-file.ts'
import type {RedisUserName} from '../redis-users/registry.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {RunningFacts} from './facts.ts'
import {secretFiles} from './files.ts'
import {isLetIn, type RedisPlaces, type SignIn, signInAt, signInIn} from './sign-in.ts'

/** Passwords that everybody tries on a Redis first. */
const tried = ['', 'secure_password_here', 'password', 'redis', 'changeme', 'foobared', 'guest', 'admin']

/** How each user of ours fares at Redis, and how strangers do. */
export async function askRedis(
  places: RedisPlaces,
  texts: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Omit<RunningFacts, 'started'>> {
  const nothing = {signIns: [], strangers: [], users: null}
  try {
    const strangers = await strangersAt(places, signal)
    const signIns: RunningFacts['signIns'] = []
    for (const one of signInsOf(texts)) {
      const {letIn, words} = await isLetIn(places, one.signIn, signal)
      signIns.push({file: one.file, user: one.user, refused: letIn ? null : words})
    }
    const admin = texts.get('hub-mon_admin')?.trim() ?? ''
    const users = admin === '' ? null : await usersAt(places, signInIn(admin), signal)
    return {unreachable: null, signIns, strangers, users}
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    return {...nothing, unreachable: error.message}
  }
}

/** Who signs in with what stands in which file. */
export function signInsOf(
  texts: ReadonlyMap<string, string>,
): {file: string; user: RedisUserName; signIn: SignIn}[] {
  return secretFiles.flatMap(({name, holds}) => {
    const line = texts.get(name)?.trim() ?? ''
    if (line === '') return []
    if (holds.kind === 'redis-password')
      return [{file: name, user: holds.user, signIn: {username: holds.user, password: line}}]
    if (holds.kind !== 'redis-url') return []
    try {
      return [{file: name, user: holds.user, signIn: signInIn(line)}]
    } catch {
      // Judged as a file that holds no URL.
      return []
    }
  })
}

async function strangersAt(places: RedisPlaces, signal: AbortSignal): Promise<RunningFacts['strangers']> {
  const strangers: RunningFacts['strangers'] = []
  const look = async (who: string, signIn: SignIn) =>
    strangers.push({who, letIn: (await isLetIn(places, signIn, signal)).letIn})
  await look('somebody without a password', {username: null, password: null})
  for (const password of tried) {
    const called = password === '' ? 'an empty password' : `the password ${password}`
    await look(`default with ${called}`, {username: 'default', password})
  }
  return strangers
}

/** As Redis has them now, by its admin; `null` where that one is refused. */
async function usersAt(
  places: RedisPlaces,
  admin: SignIn,
  signal: AbortSignal,
): Promise<RunningFacts['users']> {
  try {
    const {client, close} = await signInAt(places, admin, signal)
    try {
      const lines = (await client.call('ACL', 'LIST')) as string[]
      return lines.flatMap(line => {
        const user = parseAclLine(line)
        if (user === null) return []
        const {name, hashes, rules} = user
        return [{name, hashes, on: rules.includes('on'), nopass: rules.includes('nopass')}]
      })
    } finally {
      close()
    }
  } catch {
    signal.throwIfAborted()
    return null
  }
}
