import type {TakenAway} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {asCount, pipelined} from './messages.ts'

type Client = ConnectedReach['connection']['client']

/** Whose messages lie aside. All of it is in the names of the keys, so that taking them is one RENAME and nothing is written beside it. */
export type Aside = {
  /** When, and something random: `20261123T091500Z-4f3a9c01`. */
  id: string
  queue: string
  /** The file that they are to be kept in, or come from, and the host it is on. */
  file: {path: string; host: string}
}

/** One of a queue's lists: where its messages belong, and under which name of ours they lie. */
export type AsideList = {step: number; home: string; key: string}

/** What was found: `whole` lists hold what is in no queue; `part` is of a restore that was broken off while it still had its file. */
export type Found = Aside & {state: 'whole' | 'part'; lists: AsideList[]}

/** Under kombu's own bookkeeping names: what may use those of the application may use these. */
const marks = {whole: '_kombu.hub-mon.aside.', part: '_kombu.hub-mon.part.'} as const
export type AsideState = keyof typeof marks

const ownPattern = '*_kombu.hub-mon.*'
const scanCount = 1000
const mostBytesAtOnce = 4 * 1024 * 1024
const mostMessagesAtOnce = 100
const mostMoves = 500

/** Whether a key may hold what lies aside. */
export function isAside(key: string): boolean {
  return key.includes('_kombu.hub-mon.')
}

/** The id of messages that are taken now. */
export function asideId(now: Date, random: string): string {
  return `${now.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')}-${random}`
}

/** Lists of a queue with their names of ours. `homes` by priority step. */
export function asideLists(
  aside: Aside,
  state: AsideState,
  keyPrefix: string,
  homes: readonly {step: number; home: string}[],
): AsideList[] {
  return homes.map(({step, home}) => {
    const rest = Buffer.from(JSON.stringify([home, aside.queue, aside.file.path, aside.file.host])).toString(
      'base64url',
    )
    return {step, home, key: `${keyPrefix}${marks[state]}${aside.id}.${step}.${rest}`}
  })
}

/** What keys of ours say, those of one id and state together; keys that say nothing are left out. */
export function asideFrom(keys: readonly string[]): Found[] {
  const found = new Map<string, Found>()
  for (const key of keys) {
    const match = /_kombu\.hub-mon\.(aside|part)\.([0-9TZ]+-[0-9a-f]+)\.(\d+)\.([\w-]+)$/.exec(key)
    const [, mark = '', id = '', step = '', rest = ''] = match ?? []
    const words = match === null ? null : wordsIn(rest)
    if (words === null) continue
    const [home, queue, path, host] = words
    const state = mark === 'aside' ? 'whole' : 'part'
    const one = found.get(`${state} ${id}`) ?? {id, queue, file: {path, host}, state, lists: []}
    one.lists.push({step: Number(step), home, key})
    found.set(`${state} ${id}`, one)
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function wordsIn(encoded: string): [string, string, string, string] | null {
  try {
    const words: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
    if (!Array.isArray(words) || words.length !== 4 || !words.every(word => typeof word === 'string'))
      return null
    return words as [string, string, string, string]
  } catch {
    return null
  }
}

/** When messages of this id were taken, ISO 8601. */
function takenAt(id: string): string | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second] = parts
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
}

/** What lies aside, for a look. Counts what is in no queue; never throws. */
export async function readAside(client: Client, keys: readonly string[]): Promise<TakenAway[]> {
  const found = asideFrom(keys).filter(({state}) => state === 'whole')
  const lengths = await pipelined(client, found, (pipeline, {lists}) => {
    for (const {key} of lists) pipeline.llen(key)
  })
  return found.map(({id, queue, file}, place) => {
    const counts = (lengths[place] ?? []).map(asCount)
    return {
      id,
      queue,
      messages: counts.includes(null) ? null : counts.reduce<number>((sum, one) => sum + (one ?? 0), 0),
      at: takenAt(id),
      file,
    }
  })
}

/** All that lies aside, looked for among all keys however many there are, until the signal aborts. */
export async function findAside(client: Client, signal: AbortSignal): Promise<Found[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    signal.throwIfAborted()
    const [next, some] = await client.scan(cursor, 'MATCH', ownPattern, 'COUNT', scanCount)
    for (const key of some) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  return asideFrom([...keys])
}

/** Takes all lists out of the queue at one moment. Lists that are not there are left out. */
export async function takeAside(client: Client, lists: readonly AsideList[]): Promise<AsideList[]> {
  const transaction = client.multi()
  for (const {home, key} of lists) transaction.rename(home, key)
  const replies = (await transaction.exec()) ?? []
  const taken = lists.filter((_list, place) => replies[place]?.[0] === null)
  const refused = replies.find(([error]) => error !== null && !/no such key/.test(error.message))
  if (taken.length === 0 && refused?.[0]) throw refused[0]
  return taken
}

export async function lengthsOf(client: Client, lists: readonly AsideList[]): Promise<number[]> {
  return await Promise.all(lists.map(({key}) => client.llen(key)))
}

/** Messages of a list that nobody else changes, next to be taken first, byte for byte, a bounded batch at a time. */
export async function* messagesIn(client: Client, key: string): AsyncGenerator<Buffer[]> {
  let done = 0
  let size = 1
  for (;;) {
    const batch = await client.lrangeBuffer(key, -done - size, -done - 1)
    if (batch.length === 0) return
    yield batch.reverse()
    done += batch.length
    const bytes = batch.reduce((sum, {length}) => sum + length, 0)
    // What comes next may be larger than what came so far.
    const fitting = Math.floor(mostBytesAtOnce / Math.max(1, bytes / batch.length))
    size = Math.max(1, Math.min(size * 2, fitting, mostMessagesAtOnce))
  }
}

/** Adds messages to a list of ours; they come next to be taken first. */
export async function addTo(client: Client, key: string, messages: readonly Buffer[]): Promise<void> {
  if (messages.length > 0) await client.lpush(key, ...messages)
}

/** Makes all of it count at one moment: from now on what lies in Redis is what counts, not the file. */
export async function promote(
  client: Client,
  from: readonly AsideList[],
  to: readonly AsideList[],
): Promise<void> {
  const transaction = client.multi()
  for (const [place, {key}] of from.entries()) transaction.rename(key, to[place]?.key ?? key)
  const replies = (await transaction.exec()) ?? []
  const refused = replies.find(([error]) => error !== null)
  if (refused?.[0]) throw refused[0]
}

/** Removes lists, all at one moment; tells how many there were. */
export async function dropAside(client: Client, lists: readonly AsideList[]): Promise<number> {
  return lists.length === 0 ? 0 : await client.unlink(...lists.map(({key}) => key))
}

const leftoverSeconds = 3600

/** Removes what killed restores have left of a file that still has all of it, once nobody has touched it for an hour. */
export async function dropLeftovers(client: Client, found: readonly Found[]): Promise<void> {
  const parts = found.filter(({state}) => state === 'part')
  const idle = await pipelined(client, parts, (pipeline, {lists}) => {
    for (const {key} of lists) pipeline.object('IDLETIME', key)
  })
  const left = parts.filter((_part, place) =>
    (idle[place] ?? []).every(seconds => (asCount(seconds) ?? 0) > leftoverSeconds),
  )
  for (const {lists} of left) await dropAside(client, lists)
}

export type PutBack = {
  messages: number
  /** They had to go behind what waited already: Redis before 6.2. */
  behind: boolean
}

/**
 * Gives messages back to their list, at the end that they are taken from, in their order. Each is moved by one command, so
 * that it is in one place whenever this is broken off, and going on moves the rest.
 */
export async function putBack(client: Client, {home, key}: AsideList, signal: AbortSignal): Promise<PutBack> {
  let messages = 0
  let behind = false
  for (;;) {
    signal.throwIfAborted()
    const length = await client.llen(key)
    if (length === 0) return {messages, behind}
    // Nothing waits there: all at once.
    if (await client.renamenx(key, home)) return {messages: messages + length, behind}
    const moves = Math.min(length, mostMoves)
    const pipeline = client.pipeline()
    for (let move = 0; move < moves; move += 1)
      if (behind) pipeline.rpoplpush(key, home)
      else pipeline.lmove(key, home, 'LEFT', 'RIGHT')
    const replies = (await pipeline.exec()) ?? []
    messages += replies.filter(([error, moved]) => error === null && moved !== null).length
    const refused = replies.find(([error]) => error !== null)?.[0]
    if (!refused) continue
    if (behind || !/unknown command/i.test(refused.message)) throw refused
    behind = true
  }
}
