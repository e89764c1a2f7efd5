import type {Concealed, HeldStory, TaskMessage, TaskStory} from '../snapshot/task-story.ts'

/** Where a task is now; `delivered`: by no node's word, but not acknowledged either. */
export type AccountState =
  | 'running'
  | 'reserved'
  | 'scheduled'
  | 'held'
  | 'waiting'
  | 'delivered'
  | 'succeeded'
  | 'failed'
  | 'revoked'
  | 'retrying'
  | 'ended'
  | 'unknown'

export type TimelineEntry = {
  /** ISO 8601; `null` is now. */
  at: string | null
  event: string
  /** `Flower`, `result backend`, `broker`, or a node's name. */
  source: string
}

/** What became of a task, by all that its places say of it. */
export type TaskAccount = {
  id: string
  task: string | null
  state: AccountState
  /** One sentence: where it is, or how it ended. */
  summary: string
  /** The node that has it, or had it last. */
  node: string | null
  queue: string | null
  /** Of its queue, from the head; `null` when it does not wait. */
  position: number | null
  pid: number | null
  /** Kind of the pool of the node that has it, as after `-P`. */
  pool: string | null
  /** Nodes will drop it when they meet it; `null` when none was asked. */
  revoked: boolean | null
  /** ISO 8601. */
  startedAt: string | null
  /** ISO 8601. */
  endedAt: string | null
  eta: string | null
  runtimeSeconds: number | null
  retries: number | null
  origin: string | null
  rootId: string | null
  parentId: string | null
  groupId: string | null
  children: string[]
  contentType: string | null
  args: Concealed | null
  kwargs: Concealed | null
  result: Concealed | null
  exception: string | null
  traceback: string | null
  /** Seconds until the result goes by itself; `null` when it does not, or there is none. */
  resultExpiresInSeconds: number | null
  timeline: TimelineEntry[]
  /** What does not fit together, a sentence each. */
  contradictions: string[]
  /** What was looked through and how far, a sentence each. */
  looked: string[]
}

const ends: Record<string, AccountState> = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  REVOKED: 'revoked',
  REJECTED: 'revoked',
  RETRY: 'retrying',
}
/** Pools of Celery that have no way to end a task. */
export const unendable: ReadonlySet<string> = new Set(['solo', 'threads', 'gevent'])
const heldOrder: readonly HeldStory['state'][] = ['running', 'reserved', 'scheduled', 'held']

/** Puts together what the places say; `null` when none of them knows the task. */
export function accountOf(story: TaskStory): TaskAccount | null {
  const {result, flower, queues, unacked, nodes} = story
  const held = [...(nodes?.held ?? [])].sort(
    (a, b) => heldOrder.indexOf(a.state) - heldOrder.indexOf(b.state),
  )
  const [first] = held
  const waiting = queues.found
  const isRevoked = (nodes?.revokedOn.length ?? 0) > 0
  if (
    first === undefined &&
    waiting === null &&
    unacked.found === null &&
    result === null &&
    flower === null &&
    !isRevoked
  )
    return null
  const message: TaskMessage | null = waiting?.message ?? unacked.found?.message ?? null
  const state = stateOf(story, first)
  const known = <T>(...values: (T | null | undefined)[]) => values.find(value => value != null) ?? null
  const ended = isEnd(state) || state === 'retrying'
  const endedAt = result?.doneAt ?? flower?.events.findLast(({event}) => event in endEvents)?.at ?? null
  const account = {
    id: story.id,
    task: known(first?.task, message?.task, result?.task, flower?.task),
    state,
    node: known(first?.node, result?.node, flower?.node),
    queue: known(waiting?.queue, first?.queue, result?.queue, flower?.queue),
    position: waiting?.position ?? null,
    pid: first?.pid ?? null,
    pool: first?.pool ?? null,
    revoked: nodes === null ? null : isRevoked,
    startedAt: known(first?.startedAt, flower?.events.findLast(({event}) => event === 'started')?.at),
    endedAt: ended ? endedAt : null,
    eta: known(first?.eta, message?.eta, flower?.eta),
    runtimeSeconds: flower?.runtimeSeconds ?? null,
    retries: known(message?.retries, result?.retries, flower?.retries),
    origin: message?.origin ?? null,
    rootId: other(story.id, message?.rootId, flower?.rootId),
    parentId: other(story.id, message?.parentId, result?.parentId, flower?.parentId),
    groupId: known(message?.groupId, result?.groupId),
    // A task that is tried again is named as its own child.
    children: [...new Set([...(result?.children ?? []), ...(flower?.children ?? [])])].filter(
      child => child !== story.id,
    ),
    contentType: message?.contentType ?? null,
    args: known(first?.args, message?.args, result?.args, flower?.args),
    kwargs: known(first?.kwargs, message?.kwargs, result?.kwargs, flower?.kwargs),
    // While a task runs, Celery keeps there who runs it.
    result:
      result?.state === 'STARTED'
        ? null
        : (result?.value ?? (result === null ? (flower?.value ?? null) : null)),
    exception: known(result?.exception, flower?.exception),
    traceback: known(result?.traceback, flower?.traceback),
    resultExpiresInSeconds: result?.expiresInSeconds ?? null,
    timeline: timelineOf(story),
    contradictions: contradictionsIn(story, held),
    looked: lookedThrough(story),
  }
  return {...account, summary: summaryOf(account, story, first)}
}

/** The first id that is another task's. */
function other(id: string, ...ids: (string | null | undefined)[]): string | null {
  return ids.find(one => one != null && one !== id) ?? null
}

function isEnd(state: AccountState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'revoked' || state === 'ended'
}

/** Where it is comes before how it once ended: a task may be delivered again. A result from after the look wins. */
function stateOf(story: TaskStory, held: HeldStory | undefined): AccountState {
  const {result, flower, queues, unacked, nodes, lookedAt} = story
  const end = ends[result?.state ?? ''] ?? (result === null ? ends[flower?.state ?? ''] : undefined)
  const since = result?.doneAt ?? null
  if (end !== undefined && end !== 'retrying' && since !== null && since >= lookedAt) return end
  if (held !== undefined && held.state !== 'held') return held.state
  if (queues.found !== null) return 'waiting'
  if (end !== undefined)
    return unacked.found !== null && end === 'retrying' ? heldForEta(unacked.found.message) : end
  if (held !== undefined) return held.state
  if (unacked.found !== null) return heldForEta(unacked.found.message)
  if ((nodes?.revokedOn.length ?? 0) > 0) return 'revoked'
  if (result !== null && result.state === null) return 'ended'
  return flower === null ? 'unknown' : (liveByFlower[flower.state ?? ''] ?? 'unknown')
}

const liveByFlower: Record<string, AccountState> = {STARTED: 'running', RECEIVED: 'reserved'}

function heldForEta({eta}: TaskMessage): AccountState {
  return eta === null ? 'delivered' : 'scheduled'
}

function summaryOf(
  {state, queue, position, node, exception, revoked}: Omit<TaskAccount, 'summary'>,
  {queues, nodes, unacked, result, flower}: TaskStory,
  held: HeldStory | undefined,
): string {
  const on = node === null ? '' : ` on ${node}`
  const why = whyIncomplete({nodes})
  switch (state) {
    case 'running':
      return held === undefined
        ? `Flower saw it start${on}; no node says that it runs it`
        : `running${on}${held.pid === null ? '' : `, process ${held.pid}`}`
    case 'reserved':
      if (held === undefined) return `Flower saw it received${on}; no node says that it has it`
      return `reserved${on}: ${revoked ? 'revoked, and dropped when a pool process is free' : 'it waits for a free pool process'}`
    case 'scheduled':
      return `scheduled${held === undefined ? '' : on}: ${revoked ? 'revoked, and dropped at its ETA' : 'held until its ETA'}`
    case 'held':
      return `known${on}, and neither running nor reserved: about to end`
    case 'waiting': {
      const of = queues.looked.find(one => one.queue === queue)?.of
      return `waiting in ${queue}, ${number(position ?? 0)} of ${number(of ?? position ?? 0)}${revoked ? '; revoked: dropped when a node takes it' : ''}`
    }
    case 'delivered':
      return why !== null
        ? `delivered and not acknowledged; a node may have it: ${why}`
        : 'delivered and not acknowledged, and no node has it: it is delivered again after the visibility timeout'
    case 'revoked':
      return result === null && flower === null
        ? `revoked: ${nodes?.revokedOn.join(', ')} drop${nodes?.revokedOn.length === 1 ? 's' : ''} it when it comes`
        : `revoked${on}`
    case 'succeeded':
    case 'failed':
      return `${state}${on}${exception === null || state === 'succeeded' ? '' : `: ${exception}`}`
    case 'retrying':
      return `to be tried again${unacked.found === null ? ', and not found in a queue or on a node' : ''}`
    case 'ended':
      return `a result is stored, and cannot be read: ${result?.unreadable ?? 'it tells no state'}`
    default:
      if (result !== null)
        return `the result backend says ${result.state}${on}, and no node says that it has it${why === null ? ': its node may have ended with it' : `: ${why}`}`
      return `Flower knows it as ${flower?.state ?? 'a task without a state'}, and nobody else knows it`
  }
}

const endEvents: Record<string, true> = {succeeded: true, failed: true, revoked: true, rejected: true}

function timelineOf({flower, nodes, result, unacked, queues}: TaskStory): TimelineEntry[] {
  const past: TimelineEntry[] = [
    ...(flower?.events ?? []).map(({event, at}) => ({at, event, source: 'Flower'})),
    ...(unacked.found?.deliveredAt == null
      ? []
      : [{at: unacked.found.deliveredAt, event: 'delivered to a node', source: 'broker'}]),
    ...(nodes?.held ?? []).flatMap(({startedAt, node, pid}) =>
      startedAt === null
        ? []
        : [{at: startedAt, event: pid === null ? 'started' : `started in process ${pid}`, source: node}],
    ),
    ...(result?.doneAt == null
      ? []
      : [
          {
            at: result.doneAt,
            event: `${(result.state ?? 'ended').toLowerCase()} stored`,
            source: 'result backend',
          },
        ]),
  ]
  const eta =
    queues.found?.message.eta ?? unacked.found?.message.eta ?? nodes?.held.find(one => one.eta !== null)?.eta
  if (eta != null && !Number.isNaN(Date.parse(eta)))
    past.push({at: new Date(eta).toISOString(), event: 'ETA', source: 'broker'})
  past.sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : (a.at ?? '') > (b.at ?? '') ? 1 : 0))
  const now: TimelineEntry[] = [
    ...(queues.found === null
      ? []
      : [
          {
            at: null,
            event: `waits in ${queues.found.queue} at ${number(queues.found.position)}`,
            source: 'broker',
          },
        ]),
    ...(nodes?.held ?? []).map(({state, node}) => ({at: null, event: state, source: node})),
    ...(nodes?.revokedOn ?? []).map(node => ({at: null, event: 'revoked: to be dropped', source: node})),
  ]
  return [...past, ...now]
}

function contradictionsIn(story: TaskStory, held: readonly HeldStory[]): string[] {
  const {result, flower, queues, nodes, lookedAt} = story
  const running = held.filter(({state}) => state === 'running')
  const has = held.filter(({state}) => state !== 'held')
  const isOver = ['SUCCESS', 'FAILURE', 'REVOKED'].includes(result?.state ?? '')
  const overBefore = isOver && (result?.doneAt ?? '') < lookedAt && !isRevokedAhead(result)
  const names = (these: readonly HeldStory[]) => these.map(({node}) => node).join(' and ')
  const again =
    has.some(({redelivered}) => redelivered === true) || queues.found?.message.redelivered === true
  const why = again ? 'it was delivered again' : 'it was delivered again, or sent twice'
  const differs =
    result?.state != null &&
    flower?.state != null &&
    result.state !== flower.state &&
    isOver &&
    flower.state in ends
  return [
    ...(overBefore && has.length > 0
      ? [
          `the result backend says ${result?.state} while ${names(has)} ${has.length === 1 ? 'has' : 'have'} it (${has[0]?.state}): ${why}`,
        ]
      : []),
    ...(overBefore && queues.found !== null
      ? [`the result backend says ${result?.state} while it waits in ${queues.found.queue}: ${why}`]
      : []),
    ...(running.length > 1 ? [`${names(running)} run it at once: ${why}`] : []),
    // What moved on while it was looked for is met twice and no contradiction: only what began before.
    ...(queues.found !== null && running.some(({startedAt}) => startedAt !== null && startedAt < lookedAt)
      ? [`it waits in ${queues.found.queue} while ${names(running)} runs it: ${why}`]
      : []),
    ...(differs ? [`the result backend says ${result?.state}, Flower says ${flower?.state}`] : []),
    ...((nodes?.revokedOn.length ?? 0) > 0 && running.length > 0
      ? [
          `it is revoked, and ${names(running)} runs it all the same: ${running.every(({pool}) => unendable.has(pool ?? '')) ? `a pool of kind ${running[0]?.pool} cannot end what runs` : 'revoking stops what runs only with --terminate'}`,
        ]
      : []),
  ]
}

/** Nodes from Celery 5.6 on store it when they are told to revoke a task, wherever that is: only who drops it signs with its name. */
function isRevokedAhead(result: TaskStory['result']): boolean {
  return result?.state === 'REVOKED' && result.node === null
}

/** `1,204` */
function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Why a task that was not found may be on a node all the same; `null` when every node has said that it does not have it. */
export function whyIncomplete({nodes}: Pick<TaskStory, 'nodes'>): string | null {
  if (nodes === null) return 'the nodes were not asked'
  const {subscribers, answered, unreadable} = nodes
  const of = subscribers === 1 ? '1 node' : `${number(subscribers)} nodes`
  const silent = subscribers - answered.length - unreadable
  if (silent > 0) return `${number(silent)} of ${of} did not answer`
  return unreadable > 0 ? `${number(unreadable)} of ${of} answered in pickle, which is not opened` : null
}

/** How far each place was looked through, for what "not found" is worth. */
export function lookedThrough({
  queues,
  unacked,
  nodes,
  results,
  result,
  flower,
  notFlower,
}: TaskStory): string[] {
  const how = (looked: number, of: number) =>
    looked >= of ? `all ${number(of)}` : `the first ${number(looked)} of ${number(of)}`
  const cut = queues.looked.filter(({looked, of}) => looked < of)
  const silent = nodes === null ? 0 : Math.max(0, nodes.subscribers - nodes.answered.length)
  return [
    ...(queues.found !== null
      ? []
      : queues.looked.length === 0
        ? ['queues: nothing waits']
        : cut.length === 0
          ? [`queues: all ${number(queues.looked.reduce((sum, {of}) => sum + of, 0))} waiting messages`]
          : queues.looked.map(({queue, looked, of}) => `queue ${queue}: ${how(looked, of)} messages`)),
    ...(unacked.found !== null
      ? []
      : [
          unacked.of === null
            ? 'delivered messages: could not be looked through'
            : unacked.of === 0
              ? 'delivered messages: there is none'
              : `delivered messages: ${how(unacked.looked, unacked.of)}`,
        ]),
    nodes === null
      ? 'nodes: not asked'
      : `nodes: ${number(nodes.answered.length)} of ${number(nodes.subscribers)} answered${nodes.unreadable > 0 ? `, ${number(nodes.unreadable)} in pickle, which is not opened` : silent > 0 ? `, ${number(silent)} silent` : ''}`,
    ...(nodes?.scheduledAsked === false
      ? ['nodes: not asked what they hold for an ETA: there is too much of it']
      : []),
    results.whyNot !== null
      ? `result backend: ${results.whyNot}`
      : `result backend: ${result === null ? 'nothing' : (result.unreadable ?? result.state ?? 'a result')} in ${results.databases.length === 1 ? 'database' : 'databases'} ${results.databases.join(', ')}`,
    notFlower !== null
      ? `Flower: ${notFlower}`
      : `Flower: ${flower === null ? 'does not know it' : (flower.state ?? 'knows it')}`,
  ]
}
