import type {RedisRights} from '../../snapshot/redis.ts'
import type {ConnectedReach} from './reach.ts'

type Client = ConnectedReach['connection']['client']

/** What would change the hub, or open it. They are named to ACL DRYRUN and never sent. */
const changes = [
  ['SET', 'hub-mon:probe', 'x'],
  ['DEL', 'celery'],
  ['LPUSH', 'celery', 'x'],
  ['HSET', 'unacked', 'x', 'x'],
  ['EVAL', 'return 1', '0'],
  ['CONFIG', 'SET', 'maxmemory', '0'],
  ['ACL', 'SETUSER', 'hub-mon:probe'],
  ['FLUSHALL'],
  ['SHUTDOWN'],
] as const
const replies = ['SADD', '_kombu.binding.reply.celery.pidbox', 'x'] as const

/** What our own user may do, as Redis says it; nothing of it is done. */
export async function readRedisRights(client: Client, knownDefault: boolean): Promise<RedisRights> {
  const name = await ask(client, 'ACL', 'WHOAMI')
  const user = typeof name === 'string' ? name : null
  const told =
    user === null ? [] : await Promise.all([...changes, replies].map(words => mayRun(client, user, words)))
  const mayTakeReplies = told.pop() ?? null
  return {
    user,
    mayChange: told.length === 0 || told.includes(null) ? null : allowed(told),
    mayTakeReplies,
    knownDefault,
  }
}

function allowed(told: readonly (boolean | null)[]): string[] {
  return changes.filter((_words, place) => told[place] === true).map(words => words.join(' '))
}

/** OK, or a sentence that says why not. */
async function mayRun(client: Client, user: string, words: readonly string[]): Promise<boolean | null> {
  const answer = await ask(client, 'ACL', 'DRYRUN', user, ...words)
  return typeof answer === 'string' ? answer === 'OK' : null
}

/** `null` where Redis refuses it or does not know it; a broken connection is no answer. */
async function ask(client: Client, ...words: [string, ...string[]]): Promise<unknown> {
  try {
    return await client.call(...words)
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return null
    throw error
  }
}
