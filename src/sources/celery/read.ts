import type {CeleryFacts, CeleryQuestion, Node, Queue} from '../../snapshot/celery.ts'
import type {Answer} from '../../snapshot/collect.ts'
import type {ReadingError} from '../../snapshot/reading.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import type {ConnectedReach, ExecReach, RedisReach} from '../redis/reach.ts'
import {untilAborted} from '../until-aborted.ts'
import {lookCloser} from './closer.ts'
import type {CeleryNames} from './names.ts'
import {listsOf, namesFrom, prioritySteps, separator} from './names.ts'
import {duplicatesIn, nodesFrom, queueOptions} from './node.ts'
import {collectLeftovers, type ProbeResult, probe} from './probe.ts'
import {allQueues, boundQueues, consumersOf, findBindings, knownNodes, readQueues} from './queues.ts'
import {readReplyLists} from './reply-lists.ts'
import {ProbeRefused} from './round.ts'
import {countUnacked, type Holders, lookThroughUnacked} from './unacked.ts'

export type CeleryOptions = CeleryQuestion & {
  /** Queues to ask for where bindings cannot be read (`docker exec`); `['celery']` when absent. */
  knownQueues?: readonly string[]
  /** What this look may take in all; a second look that is not asked for by its length keeps within it. 3 when absent. */
  secondsInAll?: number
}

const usualPatienceSeconds = 1
/** Nodes that have just answered are not waited for as long. */
const againSeconds = 0.3
/** Of the time for all sources, what Celery usually gets. */
const usualSeconds = 3

/** Passes a way to Redis on; that there is none is then told as Redis's failure, not Celery's. */
export async function becauseOfRedis(reach: Promise<RedisReach>): Promise<RedisReach> {
  try {
    return await reach
  } catch (error) {
    throw error instanceof SourceError ? new SourceError(error.code, error.message, 'redis') : error
  }
}

/**
 * Nodes, queues and unacknowledged messages. Partial when Redis refuses the probe's write (`probe-refused`), when
 * not all keys could be looked through (`scan-cut`), or by `docker exec` (`exec-only`).
 */
export async function readCelery(
  reach: RedisReach,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<Answer<CeleryFacts>> {
  try {
    if (reach.kind === 'exec') return await untilAborted(readByExec(reach, options, signal), signal)
    return await readConnected(reach, options, signal)
  } catch (error) {
    if (error instanceof SourceError) throw error
    const words = error instanceof Error ? error.message : String(error)
    if (signal.aborted) throw new SourceError('timeout', `${reach.address} stopped answering`, 'redis')
    const code = /^NOPERM/.test(words) ? 'no-permission' : 'refused'
    throw new SourceError(code, `${reach.address} does not let its keys be read: ${words}`, 'redis')
  }
}

async function readConnected(
  reach: ConnectedReach,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<Answer<CeleryFacts>> {
  const begun = performance.now()
  const {client} = reach.connection
  const found = await untilAborted(findBindings(client), signal)
  const names = namesFrom(found.keys, reach.database)
  const [probed, bound, known, counted, replyLists] = await Promise.all([
    options.passive ? null : probeOrReason(reach, names, options, signal),
    untilAborted(boundQueues(client, names, found.keys), signal),
    untilAborted(knownNodes(client, names), signal),
    untilAborted(countUnacked(client, names), signal),
    untilAborted(readReplyLists(client, names, found.replyLists), signal),
  ])
  const result = probed !== null && 'replies' in probed ? probed : null
  const nodes = result === null ? [] : nodesFrom(result.replies, Date.now() / 1000)
  const depths = await untilAborted(
    readQueues(
      key => client.llen(key),
      names,
      allQueues(bound.queues, nodes),
      result === null ? {steps: null, separator: null} : queueOptions(result.replies),
    ),
    signal,
  )
  const unreadable = result?.replies.unreadable ?? 0
  const delivered =
    options.messages === true
      ? await untilAborted(
          lookThroughUnacked(client, names, counted, {routes: bound.routes, holders: holdersIn(nodes)}),
          signal,
        )
      : {facts: counted, byQueue: null}
  const listed = depths.map(({name, byPriority}) => ({
    name,
    lists: listsOf(
      names,
      name,
      Object.keys(byPriority).map(Number),
      result === null ? undefined : (queueOptions(result.replies).separator ?? undefined),
    ).map(([step, key]) => ({step, key})),
  }))
  const closer = await lookCloser(
    reach,
    {
      nodes,
      queues: depths.map(queue => ({
        ...queue,
        ...notLookedAt,
        unacked: delivered.byQueue === null ? null : (delivered.byQueue.get(queue.name) ?? 0),
        consumers: consumersOf(queue.name, nodes, unreadable),
      })),
    },
    listed,
    options,
    {
      ask: async methods => {
        const round = methods.map(method => ({method}))
        const again =
          result === null ? null : await probe(reach, names, againSeconds, signal, round).catch(() => null)
        return again === null ? null : nodesFrom(again.replies, Date.now() / 1000)
      },
      secondsLeft: () => (options.secondsInAll ?? usualSeconds) - (performance.now() - begun) / 1000,
    },
    signal,
  )
  const answered = new Set(nodes.map(node => node.name))
  const unanswered = result === null ? [] : known.filter(name => !answered.has(name))
  const error = probed !== null && 'code' in probed ? probed : found.complete ? null : scanCut
  return {
    value: {
      database: reach.database,
      probe:
        result === null
          ? null
          : {
              subscribers: result.subscribers,
              seconds: result.seconds,
              ...(unreadable === 0 ? {} : {unreadable}),
            },
      nodes: closer.nodes,
      registered: [],
      // Which of them it was that answered in pickle is not known.
      silent: unanswered.length <= unreadable ? [] : unanswered,
      known,
      duplicates: result === null ? [] : duplicatesIn(result.replies),
      queues: closer.queues,
      unacked: delivered.facts,
      replyLists,
      names: namesAs(names),
    },
    ...(error === null ? {} : {error}),
  }
}

/** What nodes name of what they hold. */
function holdersIn(nodes: readonly Node[]): Holders {
  const held = nodes.flatMap(({name, active, reservedTasks, scheduledTasks}) =>
    [...active, ...reservedTasks, ...scheduledTasks].map(({id}) => [id, name] as const),
  )
  return {nodes: new Map(held), complete: false}
}

const notLookedAt = {unacked: null, sample: null, flow: null} satisfies Partial<Queue>

function namesAs({prefix, database}: CeleryNames): CeleryFacts['names'] {
  return {
    keyPrefix: prefix,
    channelPrefix: `/${database}.`,
    separator,
    prioritySteps: [...prioritySteps],
  }
}

const scanCut: ReadingError = {
  code: 'scan-cut',
  message: 'not all keys of Redis could be looked through: a queue that nobody consumes may be missing',
}

async function probeOrReason(
  reach: ConnectedReach,
  names: CeleryNames,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<ProbeResult | ReadingError> {
  try {
    const [result] = await Promise.all([
      probe(reach, names, options.patienceSeconds ?? usualPatienceSeconds, signal),
      collectLeftovers(reach, names),
    ])
    return result
  } catch (error) {
    if (!(error instanceof ProbeRefused)) throw error
    return {
      code: 'probe-refused',
      message: `Redis refuses what asking the nodes takes: ${error.message}`,
      because: 'redis',
    }
  }
}

async function readByExec(
  reach: ExecReach,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<Answer<CeleryFacts>> {
  const names = namesFrom([], reach.database)
  const depths = await readQueues(
    key => reach.cli.llen(key, signal),
    names,
    options.knownQueues ?? ['celery'],
    {steps: null, separator: null},
  )
  return {
    value: {
      database: reach.database,
      probe: null,
      nodes: [],
      registered: [],
      silent: [],
      duplicates: [],
      queues: depths.map(queue => ({...queue, ...notLookedAt, consumers: null})),
      unacked: {messages: null, oldestSeconds: null, sample: null, ownersKnown: false},
      replyLists: null,
      names: namesAs(names),
    },
    error: {
      code: 'exec-only',
      message: 'only docker exec leads to Redis: nodes and unacknowledged messages cannot be asked for',
    },
  }
}
