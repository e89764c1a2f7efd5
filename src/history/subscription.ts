import type {RedisConnection} from '../sources/redis/connection.ts'
import {Pushes} from './pushes.ts'

export type SubscriptionEvents = {
  /** A message; the buffer belongs to what came in with it: to be used at once. */
  message: (payload: Buffer) => void
  /** Redis has answered: all that was published until `sentAt` (epoch seconds) has been handed over before. */
  confirmed: (sentAt: number, answeredAt: number) => void
  /** It is over. `null` when it was closed by us. */
  ended: (error: Error | null) => void
}

export type Subscription = {close: () => void}

const pingEveryMilliseconds = 500
/** A connection that says nothing for so long is dead, or too far behind to be of use. */
const silentMilliseconds = 15_000

/**
 * Listens to patterns on a connection that it takes over for good: signed in by the client library, from then on read by
 * ourselves, because making strings and arrays of everything costs more than all that is done with an event here.
 */
export function subscribe(
  {client, close}: Pick<RedisConnection, 'client' | 'close'>,
  patterns: readonly string[],
  on: SubscriptionEvents,
  now: () => number,
): Subscription {
  const {stream} = client
  const pushes = new Pushes()
  const asked: number[] = []
  let over = false
  let unanswered = 0
  const end = (error: Error | null) => {
    if (over) return
    over = true
    clearInterval(timer)
    close()
    on.ended(error)
  }
  const ping = () => {
    // In questions, not by the clock: who was stopped himself first reads what waits for him.
    if (unanswered * pingEveryMilliseconds > silentMilliseconds)
      return end(new Error(`nothing came for ${silentMilliseconds / 1000} s`))
    unanswered += 1
    asked.push(now())
    stream.write(command('PING'))
  }
  stream.removeAllListeners('data')
  stream.on('data', (chunk: Buffer) => {
    unanswered = 0
    try {
      pushes.feed(chunk, ({kind, payload}) => {
        if (kind === 'pmessage') on.message(payload)
        else if (kind === 'pong') {
          const sentAt = asked.shift()
          if (sentAt !== undefined) on.confirmed(sentAt, now())
        }
      })
    } catch (error) {
      end(error as Error)
    }
  })
  stream.once('close', () => end(new Error('Redis closed the connection')))
  stream.once('error', (error: Error) => end(error))
  stream.write(command('PSUBSCRIBE', ...patterns))
  ping()
  const timer = setInterval(ping, pingEveryMilliseconds)
  return {close: () => end(null)}
}

function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
