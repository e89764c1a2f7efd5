import {randomBytes} from 'node:crypto'
import {asName, asNumber, at} from '../../loose-json.ts'
import type {RedisConnection} from '../../redis/connection.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {type CeleryNames, eventChannelOf} from '../names.ts'
import {bodyOf} from './envelope.ts'

/** Every node gets the heartbeats of all the others: more are not asked for one beyond those that they send by themselves. */
const mostAsked = 50

/** The clocks of nodes, by the time that stands in their heartbeats. */
export type Clocks = {
  /**
   * Whether so many nodes can be asked for a heartbeat. One that sends none at all would log an error; that it sends them it
   * shows by listening to those of others, as nodes do unless they are told not to.
   */
  mayAsk: (nodes: number) => boolean
  /** How far the clocks are ahead of ours, by the nodes heard so far; where two bear one name, it is in there for neither. */
  offsets: () => Map<string, number>
  close: () => void
}

/** The connection that heartbeats are heard on. Failing is seen where it is used. */
export function openEars(reach: ConnectedReach, signal: AbortSignal): Promise<RedisConnection> {
  const ears = reach.open(signal)
  ears.catch(() => {})
  return ears
}

/** Listens to heartbeats from now on; `null` where this user may not, or Redis broke off. Leaves no subscription once closed. */
export async function hearClocks(
  ears: Promise<RedisConnection>,
  names: CeleryNames,
  signal: AbortSignal,
): Promise<Clocks | null> {
  const connection = await ears.catch(() => null)
  if (connection === null) return null
  const {client} = connection
  const heard = new Map<string, Map<number, number>>()
  const since = Date.now() / 1000
  client.on('message', (_channel: string, message: string) => {
    const heartbeat = decodeHeartbeat(message)
    if (heartbeat === null) return
    const {node, pid, timestamp} = heartbeat
    // Ours is cut to whole milliseconds, theirs is not.
    const offset = offsetOf(timestamp, since, (Date.now() + 1) / 1000)
    heard.set(node, (heard.get(node) ?? new Map<number, number>()).set(pid, offset))
  })
  try {
    const random = randomBytes(4).toString('hex')
    const [all, watchers] = await untilAborted(
      Promise.all([
        // An event without content is ignored by whoever gets it: nodes and those who watch everything, then the latter alone.
        client.publish(eventChannelOf(names, `worker.${random}`), ''),
        client.publish(eventChannelOf(names, `hub-mon.${random}`), ''),
        client.subscribe(eventChannelOf(names, 'worker.heartbeat')),
      ]),
      signal,
    )
    return {
      mayAsk: nodes => nodes <= mostAsked && nodes === all - watchers,
      offsets() {
        const offsets = new Map<string, number>()
        for (const [node, byPid] of heard) {
          const [offset] = byPid.values()
          if (byPid.size === 1 && offset !== undefined) offsets.set(node, offset)
        }
        return offsets
      },
      close: connection.close,
    }
  } catch {
    connection.close()
    return null
  }
}

/**
 * What is heard now was sent after `since`, so that a clock that shows a time between the two agrees with ours: seconds that
 * it is ahead of now, or (below 0) behind `since`, at the least.
 */
export function offsetOf(timestamp: number, since: number, now: number): number {
  return Math.max(timestamp - now, Math.min(0, timestamp - since))
}

type Heartbeat = {node: string; pid: number; timestamp: number}

/** `null` for anything else. Never throws. */
export function decodeHeartbeat(text: string): Heartbeat | null {
  try {
    const body = bodyOf(text)
    const node = asName(at(body, 'hostname'))
    const pid = asNumber(at(body, 'pid'))
    const timestamp = asNumber(at(body, 'timestamp'))
    if (at(body, 'type') !== 'worker-heartbeat' || node === null || pid === null || timestamp === null)
      return null
    return {node, pid, timestamp}
  } catch {
    return null
  }
}
