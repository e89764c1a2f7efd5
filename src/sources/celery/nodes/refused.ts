import type {ConnectedReach} from '../../redis/reach.ts'

const mostEntries = 20
/** Nodes try again every few seconds; what was refused longer ago may be mended. */
const recentSeconds = 120
/** A client says by it which library it is, and minds no refusal. */
const harmless = new Set(['client|setinfo'])

/**
 * What Redis has refused of late to other users than ours, each once, as its `ACL LOG` tells: `BRPOP`, or what a name of a
 * key or channel. Nothing where it may not be read, and before Redis 6.
 */
export async function readRefused({
  connection: {client},
  endpoint,
}: ConnectedReach): Promise<{user: string; what: string}[]> {
  const log: unknown = await client.call('ACL', 'LOG', String(mostEntries)).catch(() => [])
  const own = endpoint.username ?? 'default'
  const found = new Map<string, {user: string; what: string}>()
  for (const entry of Array.isArray(log) ? log : []) {
    const {reason, object, username: user, 'age-seconds': age} = fieldsOf(entry)
    if (user === undefined || object === undefined || user === own || reason === 'auth') continue
    if (reason === 'command' && harmless.has(object)) continue
    if (!(Number(age) < recentSeconds)) continue
    const what = reason === 'command' ? object.toUpperCase() : `${reason} ${object}`
    found.set(`${user} ${what}`, {user, what})
  }
  return [...found.values()]
}

function fieldsOf(entry: unknown): Partial<Record<string, string>> {
  const flat = Array.isArray(entry) ? entry.map(String) : []
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [])))
}
