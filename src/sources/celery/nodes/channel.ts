import {randomBytes} from 'node:crypto'
import {asText, at, parseJson} from '../../loose-json.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {timeLimit} from '../../time-limit.ts'
import {untilAborted} from '../../until-aborted.ts'
import {
  bindingsOf,
  type CeleryNames,
  eventChannelOf,
  mailboxOf,
  nodeOf,
  requestChannelOf,
  strangeChannelOf,
} from '../names.ts'

type Client = ConnectedReach['connection']['client']

/** Nodes send a heartbeat every two seconds. */
const heartbeatSeconds = 2.2
const events = 'celeryev'

/** kombu before 5.3 leaves its pattern as it stands where it goes by Sentinels. */
const unfilledPrefix = '/{db}.'

/** Prefixes that heartbeats have told: a hub that is watched is not listened to at every look. */
const heard = new Map<string, string>()

/** How many would get anything that is sent with this prefix: they are no nodes. */
export async function strangersOn(client: Client, names: CeleryNames): Promise<number> {
  const channel = strangeChannelOf(names, randomBytes(4).toString('hex'))
  return await client.publish(channel, '').catch(() => 0)
}

/**
 * Where nodes listen that do not where they usually would (`fanout_prefix`); `null` when there are none, or it does not
 * show. Nothing in Redis names a channel that is subscribed to by pattern, so that it is tried first (nodes ignore an
 * empty request), and then a heartbeat of a node that is known here is waited for. Leaves no subscription.
 */
export async function findChannelPrefix(
  reach: ConnectedReach,
  names: CeleryNames,
  signal: AbortSignal,
): Promise<string | null> {
  const {client} = reach.connection
  const place = `${reach.address} ${names.prefix}${names.control}`
  const bindings = await client.smembers(bindingsOf(names, mailboxOf(names))).catch(() => [])
  const known = new Set(bindings.flatMap(binding => nodeOf(binding, names) ?? []))
  if (known.size === 0) return null
  for (const channelPrefix of ['', unfilledPrefix, heard.get(place)]) {
    if (channelPrefix === undefined) continue
    const count = await listeners(client, {...names, channelPrefix})
    // More than are known here: the same channel serves a hub in another database, too.
    if (count > 0 && count <= known.size) return channelPrefix
  }
  if (!(await mayListenElsewhere(client, names))) return null
  const found = await fromHeartbeat(reach, names, known, signal)
  if (found !== null) heard.set(place, found)
  return found
}

async function listeners(
  client: Client,
  names: CeleryNames,
  channel = requestChannelOf(names),
): Promise<number> {
  const [all, strangers] = await Promise.all([
    client.publish(channel, '').catch(() => 0),
    strangersOn(client, names),
  ])
  return Math.max(0, all - strangers)
}

/** As many as a Redis has unless it was told otherwise. */
const databases = 16

/** Nodes in other databases of this Redis: of another hub, or of this one, started with another broker. */
export async function listenersElsewhere(
  client: Client,
  names: CeleryNames,
): Promise<{database: number; nodes: number}[]> {
  const others = Array.from({length: databases}, (_, database) => database).filter(
    database => database !== names.database,
  )
  const counted = await Promise.all(
    others.map(async database => ({
      database,
      nodes: await listeners(client, {...names, database, channelPrefix: `/${database}.`}),
    })),
  )
  return counted.filter(({nodes}) => nodes > 0)
}

/**
 * Whether somebody listens to patterns that nobody answers for. Who listens to the events at their usual place (Flower)
 * shows that this hub's prefix is the usual one.
 */
async function mayListenElsewhere(client: Client, names: CeleryNames): Promise<boolean> {
  const [clients, strangers, watchers] = await Promise.all([
    client.call('CLIENT', 'LIST', 'TYPE', 'pubsub').then(String, () => null),
    strangersOn(client, names),
    listeners(client, names, eventChannelOf(names, 'worker.heartbeat')),
  ])
  if (watchers > 0) return false
  return clients === null || (clients.match(/\bpsub=[1-9]/g)?.length ?? 0) > strangers
}

async function fromHeartbeat(
  reach: ConnectedReach,
  {prefix}: CeleryNames,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string | null> {
  const patience = AbortSignal.any([signal, timeLimit(heartbeatSeconds)])
  const connection = await reach.open(signal).catch(() => null)
  if (connection === null) return null
  const {client} = connection
  try {
    const found = new Promise<string>(resolve => {
      client.on('pmessage', (_pattern: string, channel: string, message: string) => {
        const end = channel.indexOf(events, prefix.length)
        const sender = senderOf(message)
        if (channel.startsWith(prefix) && end >= 0 && sender !== null && known.has(sender))
          resolve(channel.slice(prefix.length, end))
      })
    })
    await untilAborted(client.psubscribe(`*${events}*`), patience)
    return await untilAborted(found, patience)
  } catch {
    // Also when it may not subscribe: then it does not show.
    return null
  } finally {
    connection.close()
  }
}

/** The node that an event comes from; its body is not opened. */
function senderOf(message: string): string | null {
  try {
    return asText(at(parseJson(message), 'headers', 'hostname'))
  } catch {
    return null
  }
}
