import {firstKnown, type RedisUserName, redisUser, redisUsers} from './registry.ts'

/** A user as an ACL file, or `ACL LIST`, has it. */
export type AclUser = {
  name: string
  /** SHA-256 of each password that lets it in, in the order of the line. */
  hashes: string[]
  /** All other words, in their order. */
  rules: string[]
}

/** What an ACL file holds: our users by what lets them in, and the lines of others as they stand. */
export type AclFile = {
  hashes: Readonly<Partial<Record<RedisUserName, readonly string[]>>>
  others: readonly string[]
}

/** Nobody is let in without saying who it is. */
const nobody = 'user default off resetkeys resetchannels -@all'

const own = new Set<string>(redisUsers.map(({name}) => name))

/** The lines of an ACL file for Redis 7.2 and later: SHA-256 hashes, no password. Who is not of ours stays. */
export function aclText({hashes, others}: AclFile): string {
  const lines = redisUsers.flatMap(({name}) => {
    const known = hashes[name]
    return known === undefined || known.length === 0
      ? []
      : [`user ${name} ${aclWords(name, known).join(' ')}`]
  })
  return `${[nobody, ...lines, ...others].join('\n')}\n`
}

/** The words that make a new user, as a line of a file does; behind `reset`, one that is there. */
export function aclWords(name: RedisUserName, hashes: readonly string[]): string[] {
  const rights = redisUser(name).rules
  return ['on', ...hashes.map(hash => `#${hash}`), 'resetkeys', 'resetchannels', ...rights]
}

/** Without the words that a Redis of this version does not know. */
export function wordsFor(version: string, words: readonly string[]): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return words.filter(word => {
    const [firstMajor, firstMinor] = firstKnown[word] ?? [0, 0]
    return major > firstMajor || (major === firstMajor && minor >= firstMinor)
  })
}

export function parseAclFile(text: string): AclFile {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const users = lines.map(line => ({line, user: parseAclLine(line)}))
  return {
    hashes: Object.fromEntries(
      users.flatMap(({user}) => (user !== null && own.has(user.name) ? [[user.name, user.hashes]] : [])),
    ),
    others: users
      .filter(({user}) => user === null || !(own.has(user.name) || user.name === 'default'))
      .map(({line}) => line),
  }
}

/** `user NAME on #hash …`; `null` for what is no user's line. */
export function parseAclLine(line: string): AclUser | null {
  const [first, name, ...words] = line.trim().split(/\s+/)
  if (first !== 'user' || name === undefined) return null
  const isHash = (word: string) => /^#[0-9a-f]{64}$/i.test(word)
  return {
    name,
    hashes: words.filter(isHash).map(word => word.slice(1).toLowerCase()),
    rules: words.filter(word => !isHash(word)),
  }
}

/** A line that lets somebody in without any password. */
export function letsAnybodyIn({rules}: Pick<AclUser, 'rules'>): boolean {
  return rules.includes('on') && rules.includes('nopass')
}
