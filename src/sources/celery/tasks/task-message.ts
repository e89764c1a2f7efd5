import type {TaskMessage} from '../../../snapshot/task-story.ts'
import {asBoolean, asList, asNumber, asText, at, type Json, parseJson} from '../../loose-json.ts'
import {decodeDelivered, decodeHeaders} from '../queues/message.ts'
import {conceal, concealRepr} from './conceal.ts'

/** Whether a waiting message is of this task; parses only what may be it. */
export const isOfTask = (id: string) => testFor(id, decodeHeaders)
/** Whether an entry of `unacked` is of this task. */
export const isDeliveryOf = (id: string) => testFor(id, decodeDelivered)

function testFor(
  id: string,
  decode: (text: Buffer) => {id: string | null} | null,
): (text: Buffer) => boolean {
  // Whatever JSON would write in another way can only be found by parsing.
  const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(id) ? Buffer.from(id) : null
  return text => (plain === null || text.includes(plain)) && decode(text)?.id === id
}

/** Everything that a message says of its task; `null` for what is no message. Its body is opened for arguments alone, and only JSON. */
export function taskMessage(text: string, showArgs: boolean): TaskMessage | null {
  try {
    return messageFrom(parseJson(text), showArgs)
  } catch {
    return null
  }
}

/** The same of an entry of `unacked`: `[message, exchange, routing key]`. */
export function deliveredMessage(text: string, showArgs: boolean): TaskMessage | null {
  try {
    const [message = null] = asList(parseJson(text)) ?? []
    return messageFrom(message, showArgs)
  } catch {
    return null
  }
}

function messageFrom(envelope: Json, showArgs: boolean): TaskMessage | null {
  const headers = at(envelope, 'headers')
  if (headers === null) return null
  const contentType = asText(at(envelope, 'content-type'))
  const [args, kwargs] = argumentsOf(envelope, contentType, showArgs)
  return {
    task: asText(at(headers, 'task')),
    eta: asText(at(headers, 'eta')),
    expires: asText(at(headers, 'expires')),
    retries: asNumber(at(headers, 'retries')),
    rootId: asText(at(headers, 'root_id')),
    parentId: asText(at(headers, 'parent_id')),
    groupId: asText(at(headers, 'group')),
    origin: asText(at(headers, 'origin')),
    contentType,
    redelivered:
      asBoolean(at(envelope, 'properties', 'delivery_info', 'redelivered')) ??
      asBoolean(at(headers, 'redelivered')),
    args,
    kwargs,
  }
}

function argumentsOf(
  envelope: Json,
  contentType: string | null,
  show: boolean,
): [TaskMessage['args'], TaskMessage['kwargs']] {
  const reprs = [at(envelope, 'headers', 'argsrepr'), at(envelope, 'headers', 'kwargsrepr')].map(asText)
  const [args = null, kwargs = null] = reprs
  if (args !== null || kwargs !== null)
    return [
      args === null ? null : concealRepr(args, show),
      kwargs === null ? null : concealRepr(kwargs, show),
    ]
  const body = asText(at(envelope, 'body'))
  if (body === null || contentType !== 'application/json') return [null, null]
  const encoded = asText(at(envelope, 'properties', 'body_encoding')) === 'base64'
  const parts = partsOf(encoded ? Buffer.from(body, 'base64').toString('utf8') : body)
  return parts === null ? [null, null] : [conceal(parts[0] ?? null, show), conceal(parts[1] ?? null, show)]
}

/** `[args, kwargs, embed]`; `null` for what only says that it is JSON: the task waits there all the same. */
function partsOf(body: string): Json[] | null {
  try {
    return asList(parseJson(body))
  } catch {
    return null
  }
}
