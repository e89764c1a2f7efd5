import type {CeleryFacts} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {bindingsOf, type CeleryNames, isMailbox, queueOf} from '../names.ts'
import {asCount, pipelined} from './messages.ts'

type Client = ConnectedReach['connection']['client']

/** No caller of remote control waits longer. */
const abandonedSeconds = 300
const mostAsked = 1000
const mostWeighed = 100

/** Whether a key may be a list of replies: `<oid>.reply.<control exchange>.pidbox`. */
export function isReplyList(key: string): boolean {
  return isMailbox(key) && key.includes('.reply.') && !key.includes('_kombu.')
}

/**
 * Counts the lists that replies lie in. Where Redis does not say how long a list has lain there, one that no caller is
 * bound to is abandoned. Beyond the first 1,000 lists `abandoned` is a least number. Reads without touching.
 */
export async function readReplyLists(
  client: Client,
  names: CeleryNames,
  keys: readonly string[],
): Promise<CeleryFacts['replyLists']> {
  if (keys.length === 0) return {lists: 0, abandoned: 0, bytes: 0}
  const asked = keys.slice(0, mostAsked)
  const [times, sizes] = await Promise.all([
    pipelined(client, asked, (pipeline, key) => pipeline.object('IDLETIME', key)),
    pipelined(client, keys.slice(0, mostWeighed), (pipeline, key) =>
      pipeline.memory('USAGE', key, 'SAMPLES', 5),
    ),
  ])
  const idle = times.map(([seconds]) => asCount(seconds))
  const bound = idle.includes(null) ? await boundLists(client, names, asked) : null
  const abandoned = asked.filter((key, place) => {
    const seconds = idle[place] ?? null
    return seconds === null ? bound?.has(key) === false : seconds > abandonedSeconds
  })
  const weights = sizes.flatMap(([bytes]) => asCount(bytes) ?? [])
  const weight = weights.reduce((sum, bytes) => sum + bytes, 0)
  return {
    lists: keys.length,
    abandoned: abandoned.length,
    bytes: weights.length === 0 ? null : Math.round((weight / weights.length) * keys.length),
  }
}

/** Those of the lists that somebody has bound and not unbound; `null` when bindings may not be read. */
async function boundLists(
  client: Client,
  names: CeleryNames,
  keys: readonly string[],
): Promise<Set<string> | null> {
  const exchanges = [...new Set(keys.map(key => key.slice(key.lastIndexOf('.reply.') + 1)))]
  const replies = await pipelined(client, exchanges, (pipeline, exchange) =>
    pipeline.smembers(bindingsOf(names, exchange)),
  )
  const bound = new Set<string>()
  for (const [members] of replies) {
    if (!Array.isArray(members)) return null
    for (const member of members) bound.add(names.prefix + (queueOf(String(member)) ?? ''))
  }
  return bound
}
