import {asText, at, type Json, parseJson} from '../loose-json.ts'

/** The only requests that can be sent. None of them changes anything in a node. */
export const methods = ['ping', 'stats', 'active', 'active_queues', 'conf', 'reserved'] as const
export type Method = (typeof methods)[number]

/** `safe`: arguments as text cut short; they are dropped here all the same. */
const argumentsOf: Record<Method, Record<string, boolean>> = {
  ping: {},
  stats: {},
  active: {safe: true},
  active_queues: {},
  conf: {with_defaults: false},
  reserved: {},
}

/** A remote-control request as kombu's pidbox sends it, to every node. */
export function encodeRequest(request: {
  method: Method
  ticket: string
  replyExchange: string
  oid: string
  exchange: string
  /** Epoch seconds; nodes do not hold to it. */
  expires: number
}): string {
  const body = {
    method: request.method,
    arguments: argumentsOf[request.method],
    destination: null,
    pattern: null,
    matcher: null,
    ticket: request.ticket,
    reply_to: {exchange: request.replyExchange, routing_key: request.oid},
  }
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(body)).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {clock: 1, expires: request.expires},
    properties: {
      delivery_mode: 2,
      delivery_info: {exchange: request.exchange, routing_key: ''},
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: request.ticket,
    },
  })
}

/** A reply that is ours to count. `unreadable`: from a node that answers in pickle; never opened. */
export type Reply = {ticket: string} & ({node: string; value: Json} | {unreadable: true})

/** `null` for what is no reply: malformed, or without a ticket. Never throws. */
export function decodeReply(text: string): Reply | null {
  try {
    const envelope = parseJson(text)
    const ticket = asText(at(envelope, 'headers', 'ticket'))
    const body = asText(at(envelope, 'body'))
    if (ticket === null || body === null) return null
    if (asText(at(envelope, 'content-type')) !== 'application/json') return {ticket, unreadable: true}
    const encoded = asText(at(envelope, 'properties', 'body_encoding')) === 'base64'
    const answer = parseJson(encoded ? Buffer.from(body, 'base64').toString('utf8') : body)
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return null
    const [entry] = Object.entries(answer)
    return entry === undefined ? null : {ticket, node: entry[0], value: entry[1]}
  } catch {
    return null
  }
}
