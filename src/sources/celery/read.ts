import type {CeleryFacts, CeleryQuestion, Queue} from '../../snapshot/celery.ts'
import type {Answer} from '../../snapshot/collect.ts'
import type {ReadingError} from '../../snapshot/reading.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {clusterError, isClusterRefusal, refusalsInWords} from '../redis/failure.ts'
import type {ConnectedReach, ExecReach, RedisReach} from '../redis/reach.ts'
import {ownCommands} from '../redis/read.ts'
import {untilAborted} from '../until-aborted.ts'
import {type CeleryNames, listsOf, namesFrom, prioritySteps} from './names.ts'
import {askNodes, type Listeners, nodeFacts, readKnownNodes} from './nodes/ask-nodes.ts'
import {openEars} from './nodes/clocks.ts'
import {heldBy} from './nodes/held.ts'
import {nodesFrom, queueOptions} from './nodes/node.ts'
import {probe} from './nodes/probe.ts'
import {openListener} from './nodes/round.ts'
import {readAside} from './queues/aside.ts'
import {lookCloser} from './queues/closer.ts'
import {
  allQueues,
  boundQueues,
  consumersOf,
  findBindings,
  readQueues,
  unlessForbidden,
} from './queues/queues.ts'
import {readReplyLists} from './queues/reply-lists.ts'
import {countUnacked, type Holders, lookThroughUnacked} from './queues/unacked.ts'
import {usedSteps} from './queues/used-steps.ts'

export type CeleryOptions = CeleryQuestion & {
  /** Queues to ask for where bindings cannot be read (`docker exec`); `['celery']` when absent. */
  knownQueues?: readonly string[]
  /** What this look may take in all; a second look that is not asked for by its length keeps within it. 3 when absent. */
  secondsInAll?: number
}

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
 * strangers flooded its answers (`probe-flooded`), when not all keys could be looked through (`scan-cut`), when lists may not
 * be measured (`no-permission`), or by `docker exec` (`exec-only`).
 */
export async function readCelery(
  reach: RedisReach,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<Answer<CeleryFacts>> {
  try {
    if (reach.kind === 'exec') return await untilAborted(readByExec(reach, options, signal), signal)
    return withRefusals(await readConnected(reach, options, signal), reach)
  } catch (error) {
    if (error instanceof SourceError) throw error
    const words = error instanceof Error ? error.message : String(error)
    if (signal.aborted) throw new SourceError('timeout', `${reach.address} stopped answering`, 'redis')
    if (isClusterRefusal(words))
      throw new SourceError('cluster', clusterError(reach.address).message, 'redis')
    const code = /^NOPERM/.test(words) ? 'no-permission' : 'refused'
    throw new SourceError(code, `${reach.address} does not let its keys be read: ${words}`, 'redis')
  }
}

/** Tells more of a hub without nodes; nothing is missing without it. */
const askedForMore = 'ACL LOG'

/** What this user may not ask is left out above, a thing at a time; here it is said, once. */
function withRefusals(
  answer: Answer<CeleryFacts>,
  {connection, address}: ConnectedReach,
): Answer<CeleryFacts> {
  const {error} = answer
  const untold = [...connection.refused].filter(
    command =>
      !ownCommands.has(command) &&
      command !== askedForMore &&
      error?.message.toUpperCase().includes(command.replace(' ', '|')) !== true,
  )
  const words = refusalsInWords(untold)
  if (words === null) return answer
  return {
    ...answer,
    error:
      error === undefined
        ? {code: 'no-permission', message: `${address}: ${words}`, because: 'redis'}
        : {...error, message: `${error.message}; ${words}`},
  }
}

async function readConnected(
  reach: ConnectedReach,
  options: CeleryOptions,
  signal: AbortSignal,
): Promise<Answer<CeleryFacts>> {
  const begun = performance.now()
  const {client} = reach.connection
  const listeners: Listeners | null = options.passive
    ? null
    : {
        replies: openListener(reach, signal),
        heartbeats: options.clocks === true ? openEars(reach, signal) : null,
      }
  const found = await untilAborted(findBindings(client), signal)
  const written = await untilAborted(readKnownNodes(client, namesFrom(found.keys, reach.database)), signal)
  const [asked, bound, counted, replyLists, takenAway] = await Promise.all([
    askNodes(reach, written.names, options, listeners, signal),
    untilAborted(boundQueues(client, written.names, found.keys), signal),
    untilAborted(countUnacked(client, written.names), signal),
    untilAborted(readReplyLists(client, written.names, found.replyLists), signal),
    untilAborted(readAside(client, found.aside), signal),
  ])
  const result = asked !== null && 'replies' in asked ? asked : null
  const facts = nodeFacts(result, written.known)
  const told = result === null ? nothingTold : queueOptions(result.replies)
  const names = {
    ...written.names,
    channelPrefix: result?.channelPrefix ?? written.names.channelPrefix,
    separator: told.separator ?? written.names.separator,
  }
  const queues = allQueues(bound.queues, facts.nodes)
  const steps =
    told.steps ??
    (facts.nodes.length > 0 ? prioritySteps : await untilAborted(usedSteps(client, names, queues), signal))
  const depths = await untilAborted(
    unlessForbidden(readQueues(key => lengthOf(client, key), names, queues, steps)),
    signal,
  )
  const unreadable = result?.replies.unreadable ?? 0
  const holders = result === null ? nobodyAsked : heldBy(result)
  const delivered =
    options.messages === true
      ? await untilAborted(
          lookThroughUnacked(client, names, counted, {routes: bound.routes, holders}),
          signal,
        )
      : {facts: counted, byQueue: null}
  const listed = (depths ?? []).map(({name}) => ({
    name,
    lists: listsOf(names, name, steps).map(([step, key]) => ({step, key})),
  }))
  const closer = await lookCloser(
    reach,
    {
      nodes: facts.nodes,
      queues: (depths ?? []).map(queue => ({
        ...queue,
        ...notLookedAt,
        unacked: delivered.byQueue === null ? null : (delivered.byQueue.get(queue.name) ?? 0),
        consumers: consumersOf(queue.name, facts.nodes, unreadable),
      })),
    },
    listed,
    options,
    {
      ask: async methods => {
        const asking = {questions: methods.map(method => ({method})), patienceSeconds: againSeconds}
        const again = result === null ? null : await probe(reach, names, asking, signal).catch(() => null)
        return again === null ? null : nodesFrom(again.replies, Date.now() / 1000).nodes
      },
      secondsLeft: () => (options.secondsInAll ?? usualSeconds) - (performance.now() - begun) / 1000,
    },
    signal,
  )
  const error =
    asked !== null && 'code' in asked
      ? asked
      : depths === null
        ? notMeasured
        : found.complete
          ? null
          : scanCut
  return {
    value: {
      database: reach.database,
      ...facts,
      nodes: closer.nodes,
      queues: closer.queues,
      unacked: delivered.facts,
      replyLists,
      takenAway,
      names: namesAs(names, steps),
    },
    ...(error === null ? {} : {error}),
  }
}

/** What is no list holds no messages, though it stands where some would. */
async function lengthOf(client: ConnectedReach['connection']['client'], key: string): Promise<number> {
  return await client.llen(key).catch((error: Error) => {
    if (!error.message.startsWith('WRONGTYPE')) throw error
    return 0
  })
}

const nothingTold: ReturnType<typeof queueOptions> = {steps: null, separator: null}
const nobodyAsked: Holders = {nodes: new Map(), complete: false}
const notLookedAt = {unacked: null, sample: null, flow: null} satisfies Partial<Queue>

function namesAs(
  {prefix, control, channelPrefix, separator}: CeleryNames,
  steps: readonly number[],
): CeleryFacts['names'] {
  return {keyPrefix: prefix, controlExchange: control, channelPrefix, separator, prioritySteps: [...steps]}
}

const notMeasured: ReadingError = {
  code: 'no-permission',
  message: 'Redis does not let this user measure a list (LLEN): the queues are not known',
  because: 'redis',
}

const scanCut: ReadingError = {
  code: 'scan-cut',
  message: 'not all keys of Redis could be looked through: a queue that nobody consumes may be missing',
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
    prioritySteps,
  )
  return {
    value: {
      database: reach.database,
      ...nodeFacts(null, []),
      queues: depths.map(queue => ({...queue, ...notLookedAt, consumers: null})),
      unacked: {messages: null, oldestSeconds: null, sample: null, ownersKnown: false},
      replyLists: null,
      names: namesAs(names, prioritySteps),
    },
    error: {
      code: 'exec-only',
      message: 'only docker exec leads to Redis: nodes and unacknowledged messages cannot be asked for',
    },
  }
}
