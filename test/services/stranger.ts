import type {Socket} from 'node:net'
import {command, open, RespReader} from '../fleet/resp.ts'

export type Request = {ticket: string; method: string; oid: string; list: string}

export type Stranger = {
  /** Requests that it has heard. */
  heard: () => number
  stop: () => void
}

/** Somebody on the broker who listens to everything and says what he likes to it: `say` gives what is pushed on the list of who asked. */
export async function startStranger(
  port: number,
  say: (request: Request) => readonly string[],
  {pattern = '/0.celery.pidbox'}: {pattern?: string} = {},
): Promise<Stranger> {
  const place = {host: '127.0.0.1', port}
  const pushing = await open(place)
  const listening = await open(place)
  const sockets: Socket[] = [pushing, listening]
  for (const socket of sockets) socket.on('error', () => {})
  pushing.resume()
  const reader = new RespReader()
  let heard = 0
  const subscribed = new Promise<void>(resolve => {
    listening.on('data', chunk => {
      for (const value of reader.push(chunk)) {
        if (!Array.isArray(value)) continue
        if (value[0] === 'psubscribe') resolve()
        const request = value[0] === 'pmessage' ? requestIn(String(value[3])) : null
        if (request === null) continue
        heard += 1
        for (const text of say(request)) pushing.write(command('LPUSH', request.list, text))
      }
    })
  })
  listening.write(command('PSUBSCRIBE', pattern))
  await subscribed
  return {
    heard: () => heard,
    stop: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function requestIn(payload: string): Request | null {
  try {
    const body = JSON.parse(Buffer.from(JSON.parse(payload).body, 'base64').toString())
    const oid: string = body.reply_to.routing_key
    return {ticket: body.ticket, method: body.method, oid, list: `${oid}.${body.reply_to.exchange}`}
  } catch {
    return null
  }
}

/** A reply as a node would send it, of whatever is in it. */
export function replyOf(ticket: string, node: string, value: unknown): string {
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(Object.fromEntries([[node, value]]))).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {ticket, clock: 3},
    properties: {delivery_mode: 1, body_encoding: 'base64', delivery_tag: 'x'},
  })
}
