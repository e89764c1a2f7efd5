import {isAscii} from 'node:buffer'
import {type Json, parseJson} from '../sources/loose-json.ts'
import type {Event, NodeEvent, TaskEvent} from './event.ts'

const taskKinds = new Map<unknown, TaskEvent['kind']>(
  (['sent', 'received', 'started', 'succeeded', 'failed', 'retried', 'revoked', 'rejected'] as const).map(
    kind => [`task-${kind}`, kind],
  ),
)
const nodeKinds = new Map<unknown, NodeEvent['kind']>(
  (['online', 'heartbeat', 'offline'] as const).map(kind => [`worker-${kind}`, kind]),
)

/** As kombu begins every message, and what follows a body in JSON. */
const opening = Buffer.from('{"body": "')
const json = Buffer.from('"content-type": "application/json"')
const quote = 0x22
/** How far after the body its content type stands. */
const contentTypeWithin = 120

/**
 * The events of one message of Celery's event exchange: one, or a list of them. `null` for what cannot be read (pickle, garbage), an
 * empty list for what is nothing to record (an empty message, an event of another kind).
 */
export function decodeEvents(message: Buffer): Event[] | null {
  if (message.length === 0) return []
  let body: Json
  try {
    body = bodyOf(message)
  } catch {
    return null
  }
  if (Array.isArray(body)) {
    const events: Event[] = []
    for (const one of body) {
      const event = eventOf(one)
      if (event !== null) events.push(event)
    }
    return events
  }
  const event = eventOf(body)
  return event === null ? [] : [event]
}

/** The body without reading the envelope, where that is as kombu writes it; else by reading all of it. */
function bodyOf(message: Buffer): Json {
  if (message.subarray(0, opening.length).equals(opening)) {
    const end = message.indexOf(quote, opening.length)
    if (end !== -1 && message.subarray(end, end + contentTypeWithin).includes(json)) {
      const text = Buffer.from(message.toString('latin1', opening.length, end), 'base64')
      return parseBody(text)
    }
  }
  const envelope = JSON.parse(message.toString('utf8')) as Record<string, unknown>
  if (envelope['content-type'] !== 'application/json' || typeof envelope.body !== 'string')
    throw new Error('not JSON')
  const properties = envelope.properties as {body_encoding?: unknown} | undefined
  return properties?.body_encoding === 'base64'
    ? parseBody(Buffer.from(envelope.body, 'base64'))
    : parseJson(envelope.body)
}

function parseBody(text: Buffer): Json {
  // Python's json writes ASCII alone, which is quicker read as such; whoever writes otherwise gets what UTF-8 says.
  return parseJson(text.toString(isAscii(text) ? 'latin1' : 'utf8'))
}

function eventOf(raw: Json): Event | null {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return null
  const taskKind = taskKinds.get(raw.type)
  const node = raw.hostname
  if (typeof node !== 'string') return null
  const timestamp = typeof raw.timestamp === 'number' ? raw.timestamp : Number.NaN
  if (taskKind !== undefined) {
    if (typeof raw.uuid !== 'string') return null
    const named = taskKind === 'sent' || taskKind === 'received'
    return {
      kind: taskKind,
      node,
      id: raw.uuid,
      timestamp,
      name: named && typeof raw.name === 'string' ? raw.name : null,
      queue: taskKind === 'sent' && typeof raw.queue === 'string' ? raw.queue : null,
      runtime: taskKind === 'succeeded' && typeof raw.runtime === 'number' ? raw.runtime : null,
      exception: taskKind === 'failed' && typeof raw.exception === 'string' ? raw.exception : null,
    }
  }
  const nodeKind = nodeKinds.get(raw.type)
  if (nodeKind === undefined || typeof raw.pid !== 'number') return null
  // A heartbeat that somebody asked for does not tell it.
  const processed = typeof raw.processed === 'number' ? raw.processed : null
  return {kind: nodeKind, node, pid: raw.pid, processed, timestamp}
}
