import type {CeleryFacts} from '../../../snapshot/celery.ts'
import {SourceError} from '../../../snapshot/source-error.ts'
import type {ResultStory, TaskQuestion, TaskStory} from '../../../snapshot/task-story.ts'
import {asList, asText, at, type Json, parseJson} from '../../loose-json.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {conceal} from './conceal.ts'
import {decodeResult} from './outcome.ts'
import {databasesOf} from './results.ts'

type Client = ConnectedReach['connection']['client']

const keyOf = (id: string) => `celery-task-meta-${id}`
/** A longer one is somebody's data; its state is told by its beginning. */
const mostBytes = 4 * 1024 * 1024
const beginning = 300
const mostChildren = 100
/** Python cuts deep recursion by itself; what is longer was written by something else. */
const longestTraceback = 20_000

/** What stands in the result backend of one task, in the databases that the nodes keep results in. */
export async function readResult(
  reach: ConnectedReach,
  celery: CeleryFacts,
  question: TaskQuestion,
  signal: AbortSignal,
): Promise<Pick<TaskStory, 'result' | 'results'>> {
  let databases: number[]
  try {
    databases = databasesOf(celery, reach.database)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    return {result: null, results: {databases: [], whyNot: error.message}}
  }
  try {
    for (const database of databases) {
      const connection = await reach.open(signal, {database})
      try {
        const keys = keysFor(question.id, celery)
        const result = await untilAborted(readFirst(connection.client, keys, database, question), signal)
        if (result !== null) return {result, results: {databases, whyNot: null}}
      } finally {
        connection.close()
      }
    }
    return {result: null, results: {databases, whyNot: null}}
  } catch (error) {
    signal.throwIfAborted()
    return {
      result: null,
      results: {databases, whyNot: error instanceof Error ? error.message : String(error)},
    }
  }
}

/** With what an application sets in front of its keys; how it is joined to them has changed between versions of Celery. */
function keysFor(id: string, {nodes}: CeleryFacts): string[] {
  const prefixes = new Set(nodes.flatMap(({conf}) => conf?.resultKeyPrefix ?? []))
  return [...[...prefixes].flatMap(prefix => [`${prefix}${keyOf(id)}`, `${prefix}_${keyOf(id)}`]), keyOf(id)]
}

async function readFirst(
  client: Client,
  keys: readonly string[],
  database: number,
  {showArgs}: TaskQuestion,
): Promise<ResultStory | null> {
  for (const key of keys) {
    const [bytes, life] = await Promise.all([client.strlen(key), client.ttl(key).catch(() => null)])
    if (bytes === 0) continue
    const whole = bytes <= mostBytes
    const text = whole ? await client.get(key) : await client.getrange(key, 0, beginning)
    if (text === null) continue
    return {
      ...(whole ? decodeStored(text, showArgs) : longResult(text)),
      ...{database, bytes, expiresInSeconds: life === null || life < 0 ? null : life},
    }
  }
  return null
}

type Stored = Omit<ResultStory, 'database' | 'bytes' | 'expiresInSeconds'>

/** Never throws: what is no JSON, or none of Celery's, is told as such and not opened further. */
export function decodeStored(text: string, showArgs: boolean): Stored {
  const outcome = decodeResult(text)
  if (outcome === null)
    return {...nothing, unreadable: 'it is not JSON (another result_serializer), and is not opened'}
  const meta = parseJson(text)
  const failed = outcome.exception !== null
  const traceback = asText(at(meta, 'traceback'))
  return {
    state: outcome.status,
    unreadable: null,
    doneAt: outcome.doneAt,
    task: outcome.task,
    node: outcome.node,
    queue: outcome.queue,
    retries: outcome.retries,
    groupId: asText(at(meta, 'group_id')),
    parentId: asText(at(meta, 'parent_id')),
    children: childrenOf(at(meta, 'children')),
    // Of a failure, the result is the exception.
    value: failed ? null : conceal(at(meta, 'result'), showArgs),
    args: argumentOf(at(meta, 'args'), showArgs),
    kwargs: argumentOf(at(meta, 'kwargs'), showArgs),
    exception: outcome.exception,
    traceback: traceback === null ? null : traceback.slice(0, longestTraceback),
  }
}

const nothing: Stored = {
  ...{state: null, unreadable: null, doneAt: null, task: null, node: null, queue: null, retries: null},
  ...{groupId: null, parentId: null, children: [], value: null, args: null, kwargs: null},
  ...{exception: null, traceback: null},
}

function longResult(head: string): Stored {
  const state = /^\{"status": ?"([A-Z]{1,40})"/.exec(head)?.[1] ?? null
  return {...nothing, state, unreadable: 'it is too long to be read'}
}

function argumentOf(value: Json, showArgs: boolean): ResultStory['args'] {
  return value === null ? null : conceal(value, showArgs)
}

/** A child is `[[id, parent], children]`. */
function childrenOf(value: Json): string[] {
  return (asList(value) ?? [])
    .slice(0, mostChildren)
    .flatMap(child => asText(asList(asList(child)?.[0] ?? null)?.[0] ?? null) ?? [])
}
