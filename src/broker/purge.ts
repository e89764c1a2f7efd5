import {randomBytes} from 'node:crypto'
import {unlink} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {noSuch} from '../errors/no-such.ts'
import {count, plural} from '../render/text/number.ts'
import type {CeleryFacts, Queue} from '../snapshot/celery.ts'
import {
  type Aside,
  type AsideList,
  asideId,
  asideLists,
  dropAside,
  lengthsOf,
  messagesIn,
  takeAside,
} from '../sources/celery/queues/aside.ts'
import {docsOf, firstWords} from '../sources/redis/failure.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {checkFile, fileNameFor, type Heading, MessageWriter} from './message-file.ts'

export type PurgePlan = {
  queue: Queue
  aside: Aside
  keyPrefix: string
  /** Every list that the queue may have. */
  homes: {step: number; home: string}[]
  /** What will happen, a sentence each; holds names that came from the hub. */
  happens: string[]
}

export type Purged = {
  messages: number
  byPriority: Record<string, number>
  file: string | null
  bytes: number
}

const mostNamed = 3

/** Says what a purge would take. Throws a `HubError` (64) for a queue that there is not. `keep`: where to keep the messages. */
export function planPurge(
  name: string,
  celery: CeleryFacts,
  {keep, directory, now}: {keep: string | undefined; directory: string; now: Date},
): PurgePlan {
  const queue = celery.queues.find(one => one.name === name)
  if (queue === undefined)
    throw noSuch(
      'queue',
      name,
      celery.queues.map(one => one.name),
    )
  const {keyPrefix, separator, prioritySteps} = celery.names
  const file = path.resolve(directory, keep ?? fileNameFor(name, now))
  return {
    queue,
    aside: {
      id: asideId(now, randomBytes(4).toString('hex')),
      queue: name,
      file: {path: file, host: os.hostname()},
    },
    keyPrefix,
    homes: prioritySteps.map(step => ({
      step,
      home: `${keyPrefix}${name}${step === 0 ? '' : `${separator}${step}`}`,
    })),
    happens: [
      `${plural(queue.ready, 'message')} of queue ${name} will be taken out of Redis${byPriority(queue)}${byTask(queue)}.`,
      `They are kept in ${file}, which your user alone can read; hub-mon queues restore puts them back.`,
      unackedInWords(queue, celery),
      ...((queue.consumers?.length ?? 0) > 0
        ? [`${plural(queue.consumers?.length ?? 0, 'node')} that consume it go on with what comes in.`]
        : []),
    ],
  }
}

function byPriority({byPriority}: Queue): string {
  const used = Object.entries(byPriority).filter(([, messages]) => messages > 0)
  if (used.every(([step]) => step === '0')) return ''
  return `, by priority ${used.map(([step, messages]) => `${step}: ${count(messages)}`).join(', ')}`
}

function byTask({sample}: Queue): string {
  if (sample === null || sample.byTask.length === 0) return ''
  const shown = sample.byTask
    .slice(0, mostNamed)
    .map(({task, messages}) => `${count(messages)} ${task ?? 'without a task name'}`)
  const more = sample.byTask.length > mostNamed ? [`${sample.byTask.length - mostNamed} more tasks`] : []
  return ` (${sample.complete ? '' : `of ${count(sample.messages)} looked at: `}${[...shown, ...more].join(', ')})`
}

function unackedInWords({unacked}: Queue, celery: CeleryFacts): string {
  const all = unacked ?? celery.unacked.messages
  if (all === 0) return 'No message of it is with a node.'
  if (all === null) return 'What nodes have taken and not acknowledged is not touched.'
  return `${plural(all, 'message')} that nodes have taken and not acknowledged${unacked === null ? ', of all queues together,' : ''} ${all === 1 ? 'is' : 'are'} not touched.`
}

export type PurgeWith = {
  /** Version of hub-mon. */
  tool: string
  /** Compose project; `null` without one. */
  project: string | null
  /** The command line that puts back what lies aside. */
  restore: string
  /** Tells where the messages are when it is interrupted. */
  tell: (line: string) => void
}

/**
 * Takes the messages aside at one moment, copies them into the file, reads the file back, and only then removes them from
 * Redis. Whenever it is broken off, they are in the queue, aside, or in the file.
 */
export async function purge(
  {aside, keyPrefix, homes}: PurgePlan,
  reach: ConnectedReach,
  {tool, project, restore, tell}: PurgeWith,
  signal: AbortSignal,
): Promise<Purged> {
  // The file first: a place where it cannot be written is found out before anything is touched.
  const file = aside.file.path
  const writer = await MessageWriter.create(file)
  let taken: AsideList[] | null = null
  let copied = false
  try {
    const {client} = await reach.open(signal, {mostBytes: Number.POSITIVE_INFINITY})
    signal.throwIfAborted()
    taken = await takeAside(client, asideLists(aside, 'whole', keyPrefix, homes))
    if (taken.length === 0) {
      await writer.close()
      await unlink(file)
      return {messages: 0, byPriority: {}, file: null, bytes: 0}
    }
    const lengths = await lengthsOf(client, taken)
    const heading: Heading = {
      id: aside.id,
      queue: aside.queue,
      takenAt: new Date().toISOString(),
      tool,
      broker: {project, address: reach.address, database: reach.database, keyPrefix},
      lists: taken.map(({step, home}, place) => ({step, home, messages: lengths[place] ?? 0})),
    }
    await writer.begin(heading)
    let bytes = 0
    for (const {step, key} of taken)
      for await (const batch of messagesIn(client, key)) {
        signal.throwIfAborted()
        bytes += batch.reduce((sum, {length}) => sum + length, 0)
        await writer.add(batch.map(message => ({step, message})))
      }
    await writer.end()
    const messages = await checkFile(file)
    signal.throwIfAborted()
    // From here on the file may be all that is left, also where no answer of Redis's comes.
    copied = true
    if ((await dropAside(client, taken)) < taken.length) throw putBackMeanwhile(aside)
    return {
      messages,
      byPriority: Object.fromEntries(heading.lists.map(({step, messages}) => [step, messages])),
      file,
      bytes,
    }
  } catch (error) {
    await writer.close()
    if (error instanceof HubError && error.code === 'put-back-meanwhile') throw error
    // What lies aside is whole; a part of it in a file is no use.
    if (!copied) await unlink(file).catch(() => {})
    const failure = brokenOff(error, aside, {taken, copied, restore})
    if (signal.aborted && failure instanceof HubError)
      tell([failure.detail, `Next: ${restore}`].filter(part => part !== null).join(' '))
    throw failure
  }
}

function putBackMeanwhile({queue, file}: Aside): HubError {
  return new HubError(
    'unavailable',
    'put-back-meanwhile',
    `somebody put messages of ${queue} back while they were copied`,
    {detail: `${file.path} holds all of them: those that are back in the queue are there twice.`},
  )
}

function brokenOff(
  error: unknown,
  {queue, file}: Aside,
  {taken, copied, restore}: {taken: AsideList[] | null; copied: boolean; restore: string},
): unknown {
  if (taken?.length === 0 || (taken === null && error instanceof HubError)) return error
  const lie = copied
    ? `they are in ${file.path}, and may lie in Redis under another name, too`
    : 'they lie in Redis under another name'
  const why = error instanceof Error ? firstWords(error) : String(error)
  return new HubError(
    'unavailable',
    'purge-broken-off',
    taken === null
      ? `the messages of ${queue} could not be taken: ${why}`
      : `the purge of ${queue} was broken off: ${why}`,
    {
      detail: `Nothing is lost: ${taken === null ? 'if they are not in the queue, ' : ''}${lie}.`,
      suggestions: [restore],
      docs: docsOf(why),
    },
  )
}
