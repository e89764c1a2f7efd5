import {asName, asNumber, asText, at, type Json, parseJson} from '../../loose-json.ts'

/** The only requests that reading sends. None of them changes anything in a node; `heartbeat` has it send now what it sends every two seconds. */
export const methods = [
  'ping',
  'stats',
  'active',
  'active_queues',
  'conf',
  'reserved',
  'registered',
  'scheduled',
  'report',
  'query_task',
  'revoked',
  'heartbeat',
] as const
export type Method = (typeof methods)[number]

/** A request with what it is given beyond the usual: `query_task` wants `{ids: […]}`. */
export type Question = {method: Method; arguments?: Readonly<Record<string, Json>>}

/** What nodes do. Any answer proves that a node lives: none is asked for a ping besides. */
export const briefRound: readonly Question[] = [
  {method: 'stats'},
  {method: 'active'},
  {method: 'active_queues'},
  {method: 'reserved'},
]

/** What every node is asked unless somebody asks more or less; `scheduled` and `report` cost a node more. */
export const usualRound: readonly Question[] = [...briefRound, {method: 'conf'}, {method: 'registered'}]

/** `safe`: arguments as text cut short; they are dropped here all the same. */
const argumentsOf: Record<Method, Record<string, Json>> = {
  ping: {},
  stats: {},
  active: {safe: true},
  active_queues: {},
  conf: {with_defaults: false},
  reserved: {},
  registered: {},
  scheduled: {},
  report: {},
  query_task: {},
  revoked: {},
  heartbeat: {},
}

/** What is asked or told to nodes, before it is sent. */
export type Request = {
  method: string
  arguments: Readonly<Record<string, Json>>
  /** Names of the nodes that are meant; `null` for all. */
  destination: readonly string[] | null
  ticket: string
}

/** A question to every node. */
export function requestOf({method, arguments: more}: Question, ticket: string): Request {
  return {method, arguments: {...argumentsOf[method], ...more}, destination: null, ticket}
}

/** A remote-control request as kombu's pidbox sends it. */
export function encodeRequest(
  request: Request,
  to: {
    replyExchange: string
    oid: string
    exchange: string
    /** Epoch seconds; nodes do not hold to it. */
    expires: number
  },
): string {
  const body = {
    method: request.method,
    arguments: request.arguments,
    destination: request.destination,
    pattern: null,
    matcher: null,
    ticket: request.ticket,
    reply_to: {exchange: to.replyExchange, routing_key: to.oid},
  }
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(body)).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {clock: 1, expires: to.expires},
    properties: {
      delivery_mode: 2,
      delivery_info: {exchange: to.exchange, routing_key: ''},
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: request.ticket,
    },
  })
}

/** A reply that is ours to count. `unreadable`: from a node that answers in pickle, or too long a one; never opened. */
export type Reply = {ticket: string} & ({node: string; value: Json; clock: number} | {unreadable: true})

/** No answer to anything we ask is longer; 10,000 tasks with their arguments are shorter. */
export const longestReply = 8 * 1024 * 1024

/** `null` for what is no reply: malformed, or without a ticket. Never throws. */
export function decodeReply(text: string): Reply | null {
  try {
    if (text.length > longestReply) return ticketOfLong(text)
    const envelope = parseJson(text)
    const ticket = asText(at(envelope, 'headers', 'ticket'))
    if (ticket === null || asText(at(envelope, 'body')) === null) return null
    if (!isJson(envelope)) return {ticket, unreadable: true}
    const answer = contentOf(envelope)
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return null
    const [entry] = Object.entries(answer)
    if (entry === undefined) return null
    const [node, value] = entry
    return {ticket, node: asName(node) ?? '', value, clock: asNumber(at(envelope, 'headers', 'clock')) ?? 0}
  } catch {
    return null
  }
}

/** What a message says. `null` where it is none, or in pickle, which is never opened; throws when it cannot be read. */
export function bodyOf(text: string): Json {
  const envelope = parseJson(text)
  return isJson(envelope) ? contentOf(envelope) : null
}

function isJson(envelope: Json): boolean {
  return asText(at(envelope, 'content-type')) === 'application/json'
}

function contentOf(envelope: Json): Json {
  const body = asText(at(envelope, 'body')) ?? ''
  const encoded = asText(at(envelope, 'properties', 'body_encoding')) === 'base64'
  return parseJson(encoded ? Buffer.from(body, 'base64').toString('utf8') : body)
}

/** The body comes first in a node's envelope, so that what is after it can be found without reading it. */
function ticketOfLong(text: string): Reply | null {
  const ticket = /"ticket": ?"([^"\\]{1,100})"/.exec(text.slice(-2000))?.[1]
  return ticket === undefined ? null : {ticket, unreadable: true}
}
