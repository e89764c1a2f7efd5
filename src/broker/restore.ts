import {access, constants, rename} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {plural} from '../render/text/number.ts'
import type {CeleryFacts, TakenAway} from '../snapshot/celery.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {
  type Aside,
  type AsideList,
  addTo,
  asideLists,
  dropAside,
  dropLeftovers,
  type Found,
  findAside,
  lengthsOf,
  promote,
  putBack,
} from '../sources/celery/queues/aside.ts'
import {docsOf, firstWords} from '../sources/redis/failure.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {checkFile, type Heading, messagesOf, readHeading} from './message-file.ts'

const restoredEnding = '.restored'

/** What is to be put back: a file, or what lies aside in Redis. */
export type RestorePlan = {
  /** `null`: from Redis alone. */
  file: {path: string; heading: Heading; messages: number} | null
  /** Of what lies aside; with a file, its own. */
  ids: string[]
  /** What will happen, a sentence each; holds names that came from the hub. */
  happens: string[]
}

export type Restored = {
  queues: {
    id: string
    queue: string
    messages: number
    /** They had to go behind what waited already: Redis before 6.2. */
    behind: boolean
  }[]
  /** Files that must not be put back again, under the names they have now. */
  files: string[]
  /** Files on other hosts that must not be put back, too. */
  elsewhere: {path: string; host: string}[]
}

const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/

/** Whether a word is an id of what lies aside, not the name of a file. */
export function isAsideId(word: string): boolean {
  return idPattern.test(word)
}

/** Looks at what lies aside; `id` for one of it alone. Throws a `HubError` (64) for an id that there is not. */
export function planFromRedis(celery: CeleryFacts, id: string | undefined): RestorePlan {
  const all = celery.takenAway ?? []
  const chosen = id === undefined ? all : all.filter(one => one.id === id)
  if (id !== undefined && chosen.length === 0)
    throw new HubError('usage', 'nothing-aside', `no messages lie aside under ${id}`, {
      suggestions: all.map(one => one.id).slice(0, 5),
    })
  return {
    file: null,
    ids: chosen.map(one => one.id),
    happens: chosen.map(
      one =>
        `${messagesOfTaken(one)} that lie aside will be put back, to be taken next${consumersOf(celery, one.queue)}.`,
    ),
  }
}

function messagesOfTaken({messages, queue}: TakenAway): string {
  return messages === null
    ? `The messages of queue ${queue}`
    : `${plural(messages, 'message')} of queue ${queue}`
}

function consumersOf({queues}: CeleryFacts, name: string): string {
  const consumers = queues.find(queue => queue.name === name)?.consumers ?? null
  if (consumers === null) return ''
  return consumers.length === 0
    ? '; nobody consumes it now'
    : `, by ${plural(consumers.length, 'node')} that consume it now`
}

/**
 * Reads all of the file. Throws a `HubError`: when it is damaged (69), was restored already, or comes from another broker,
 * database or prefix and `force` is not said (64).
 */
export async function planFromFile(
  file: string,
  celery: CeleryFacts,
  here: Heading['broker'],
  {force}: {force: boolean},
): Promise<RestorePlan> {
  const place = path.resolve(file)
  const heading = await readHeading(place).catch(async error => {
    throw (await exists(place + restoredEnding)) && !(await exists(place)) ? restoredAlready(place) : error
  })
  if (place.endsWith(restoredEnding) && !force) throw restoredAlready(place.slice(0, -restoredEnding.length))
  const other = differenceOf(heading.broker, here)
  if (other !== null && !force)
    throw new HubError('usage', 'other-broker', `${place} comes from ${other}`, {
      suggestions: ['--force puts the messages into this one all the same'],
    })
  await access(path.dirname(place), constants.W_OK).catch(() => {
    throw new HubError(
      'permission',
      'file-failed',
      `${place} could not be renamed after it is restored: its folder may not be written`,
    )
  })
  const messages = await checkFile(place)
  return {
    file: {path: place, heading, messages},
    ids: [heading.id],
    happens: [
      `${plural(messages, 'message')} of queue ${heading.queue}, taken ${heading.takenAt}, will be put back, to be taken next${consumersOf(celery, heading.queue)}.`,
      ...(other === null ? [] : [`They come from ${other}.`]),
    ],
  }
}

function restoredAlready(file: string): HubError {
  return new HubError('usage', 'restored-already', `${file} was restored already`, {
    detail: `It is called ${file}${restoredEnding} since.`,
    suggestions: ['hub-mon queues restore goes on with what was broken off'],
  })
}

/** What the file's broker is called, when it is another one. */
function differenceOf(from: Heading['broker'], here: Heading['broker']): string | null {
  if (from.database !== here.database) return `database ${from.database}, not ${here.database}`
  if (from.keyPrefix !== here.keyPrefix)
    return `the key prefix ${JSON.stringify(from.keyPrefix)}, not ${JSON.stringify(here.keyPrefix)}`
  const same =
    from.project !== null && here.project !== null
      ? from.project === here.project
      : from.address === here.address
  return same ? null : `another broker, ${from.project ?? from.address}`
}

export type RestoreWith = {
  /** `global_keyprefix` of the broker. */
  keyPrefix: string
  /** The command line that goes on where this is broken off: with the file as long as that is there by its name. */
  again: (withFile: boolean) => string
  tell: (line: string) => void
}

/**
 * Puts messages back. Those of a file are first brought to Redis whole, under a name of ours; then the file gets another
 * name, so that it is not restored again; then they are moved one by one. Broken off anywhere, going on puts each back once.
 */
export async function restore(
  plan: RestorePlan,
  reach: ConnectedReach,
  {keyPrefix, again, tell}: RestoreWith,
  signal: AbortSignal,
): Promise<Restored> {
  const restored: Restored = {queues: [], files: [], elsewhere: []}
  try {
    await putAllBack(plan, restored, reach, keyPrefix, signal)
    return restored
  } catch (error) {
    const goOn = again(restored.files.length === 0)
    if (signal.aborted) tell(`Nothing is lost; to go on: ${goOn}`)
    if (error instanceof HubError || error instanceof SourceError) throw error
    const why = error instanceof Error ? firstWords(error) : String(error)
    throw new HubError('unavailable', 'restore-broken-off', `the restore was broken off: ${why}`, {
      detail: 'Nothing is lost, and nothing is put back twice: going on puts back the rest.',
      suggestions: [goOn],
      docs: docsOf(why),
    })
  }
}

async function putAllBack(
  plan: RestorePlan,
  restored: Restored,
  reach: ConnectedReach,
  keyPrefix: string,
  signal: AbortSignal,
): Promise<void> {
  const {client} = await reach.open(signal, {mostBytes: Number.POSITIVE_INFINITY})
  signal.throwIfAborted()
  const found = await findAside(client, signal)
  const whole = found.filter(one => one.state === 'whole' && plan.ids.includes(one.id))
  if (plan.file !== null && whole.length === 0)
    whole.push(await bringToRedis(client, plan.file, found, keyPrefix, signal))
  await dropLeftovers(client, found)
  for (const one of whole) {
    await putFilesAway(one, plan, restored)
    const done = {id: one.id, queue: one.queue, messages: 0, behind: false}
    restored.queues.push(done)
    for (const list of one.lists) {
      const {messages, behind} = await putBack(client, list, signal)
      done.messages += messages
      done.behind ||= behind
    }
  }
}

type Client = ConnectedReach['connection']['client']

/** All messages of a file under names that do not count yet, then all of them at once under those that do. */
async function bringToRedis(
  client: Client,
  {path: file, heading}: NonNullable<RestorePlan['file']>,
  found: readonly Found[],
  keyPrefix: string,
  signal: AbortSignal,
): Promise<Found> {
  const aside: Aside = {id: heading.id, queue: heading.queue, file: {path: file, host: os.hostname()}}
  const homes = heading.lists
    .filter(({messages}) => messages > 0)
    .map(({step, home}) => ({step, home: keyPrefix + home.slice(heading.broker.keyPrefix.length)}))
  const parts = asideLists(aside, 'part', keyPrefix, homes)
  const lists = asideLists(aside, 'whole', keyPrefix, homes)
  // What a restore that was broken off has left is in the file, all of it.
  for (const old of found)
    if (old.state === 'part' && old.id === heading.id) await dropAside(client, old.lists)
  try {
    await fillParts(client, file, heading, parts, signal)
    await promote(client, parts, lists)
  } catch (error) {
    // The file has all of them. Where they were promoted and no answer came, there is nothing under these names.
    await dropAside(client, parts).catch(() => {})
    throw error
  }
  return {...aside, state: 'whole', lists}
}

async function fillParts(
  client: Client,
  file: string,
  heading: Heading,
  parts: readonly AsideList[],
  signal: AbortSignal,
): Promise<void> {
  const keyOf = new Map(parts.map(({step, key}) => [step, key]))
  for await (const batch of messagesOf(file)) {
    signal.throwIfAborted()
    for (const [step, key] of keyOf)
      await addTo(
        client,
        key,
        batch.filter(one => one.step === step).map(({message}) => message),
      )
  }
  const lengths = await lengthsOf(client, parts)
  const expected = new Map(heading.lists.map(({step, messages}) => [step, messages]))
  if (parts.some(({step}, place) => lengths[place] !== expected.get(step)))
    throw new HubError(
      'unavailable',
      'restore-failed',
      'not all messages arrived in Redis; is another restore running?',
      {
        detail: 'Nothing was put back.',
      },
    )
}

/** Every file that holds these messages gets a name that says that they are back. */
async function putFilesAway(one: Found, plan: RestorePlan, restored: Restored): Promise<void> {
  const here = one.file.host === os.hostname()
  if (!here) restored.elsewhere.push(one.file)
  const files = new Set([...(plan.file === null ? [] : [plan.file.path]), ...(here ? [one.file.path] : [])])
  for (const file of files) {
    if (file.endsWith(restoredEnding)) continue
    const heading = await readHeading(file).catch(() => null)
    if (heading?.id !== one.id) continue
    await rename(file, file + restoredEnding)
    restored.files.push(file + restoredEnding)
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}
