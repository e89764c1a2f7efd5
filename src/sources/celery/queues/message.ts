import type {WaitingMessage} from '../../../snapshot/celery.ts'
import {asNumber, asText, at, type Json, parseJson} from '../../loose-json.ts'

/** What a message says of itself outside its body. */
export type MessageHeaders = WaitingMessage & {
  /** What the body is in, e.g. `application/json`; `null` when it is not said. */
  contentType: string | null
}

/** An entry of `unacked`: a message, and where it would go back to. */
export type DeliveredMessage = MessageHeaders & {exchange: string | null; routingKey: string | null}

/** No name or id of Celery's is longer; who wrote the message may have thought otherwise. */
const longestText = 255

/** The headers of a message as kombu puts it into a list; its body is passed over. `null` for what is no message. */
export function decodeHeaders(message: Buffer): MessageHeaders | null {
  const envelope = withoutBody(message, '{"body": "')
  return envelope === null ? null : headersOf(envelope)
}

/** The headers of an entry of `unacked`: `[message, exchange, routing key]`. `null` for what is none. */
export function decodeDelivered(entry: Buffer): DeliveredMessage | null {
  const parts = withoutBody(entry, '[{"body": "')
  if (!Array.isArray(parts)) return null
  const [message = null, exchange = null, routingKey = null] = parts
  const headers = headersOf(message)
  return headers === null
    ? null
    : {...headers, exchange: shortText(exchange), routingKey: shortText(routingKey)}
}

function headersOf(envelope: Json): MessageHeaders | null {
  if (envelope === null || typeof envelope !== 'object' || Array.isArray(envelope)) return null
  return {
    id: shortText(at(envelope, 'headers', 'id')),
    task: shortText(at(envelope, 'headers', 'task')),
    eta: shortText(at(envelope, 'headers', 'eta')),
    retries: asNumber(at(envelope, 'headers', 'retries')),
    contentType: shortText(at(envelope, 'content-type')),
  }
}

/**
 * Parses what stands around the body. kombu writes the body first, in base64, so that its end is the next quote; where
 * it is otherwise, all is parsed.
 */
function withoutBody(text: Buffer, beginning: string): Json {
  try {
    const end = text.indexOf('"', beginning.length)
    const skips =
      text.toString('latin1', 0, beginning.length) === beginning &&
      end !== -1 &&
      !text.subarray(beginning.length, end).includes('\\')
    return parseJson(skips ? `${beginning}${text.toString('utf8', end)}` : text.toString('utf8'))
  } catch {
    return null
  }
}

function shortText(value: Json): string | null {
  return asText(value)?.slice(0, longestText) ?? null
}
