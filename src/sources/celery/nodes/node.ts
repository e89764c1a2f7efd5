import type {CeleryFacts, Node, RunningTask} from '../../../snapshot/celery.ts'
import type {Answers, Started, Stats} from './answers.ts'
import type {Replies} from './replies.ts'

/** Of each list of tasks that a node holds, so many go into a snapshot. */
const mostTasks = 50

/** After which Redis's transport delivers again, where nobody says otherwise. */
const usualVisibilitySeconds = 3600

/**
 * The nodes that answered; two under one name are two nodes. `now` in epoch seconds. `registered` holds each list of tasks
 * once, and the nodes say which is theirs. `clocks`: seconds that a node's is ahead, where they were listened to.
 */
export function nodesFrom(
  replies: Replies,
  now: number,
  clocks?: ReadonlyMap<string, number>,
): Pick<CeleryFacts, 'nodes' | 'registered'> {
  const registered = new Map<string, {index: number; tasks: string[]}>()
  const indexOf = (tasks: string[] | undefined) => {
    if (tasks === undefined) return null
    const key = tasks.join('\n')
    const known = registered.get(key) ?? {index: registered.size, tasks}
    registered.set(key, known)
    return known.index
  }
  const nodes = replies.names.flatMap(name =>
    Array.from({length: replies.count(name)}, (_, nth) => ({
      ...nodeFrom(replies, name, nth, now + (clocks?.get(name) ?? 0)),
      ...(clocks === undefined ? {} : {clockOffsetSeconds: clocks.get(name) ?? null}),
      registered: indexOf(replies.answer('registered', name, nth)?.tasks),
      rateLimited: replies.answer('registered', name, nth)?.rateLimited ?? null,
    })),
  )
  return {nodes, registered: [...registered.values()].map(({tasks}) => tasks)}
}

/** Names that more than one node answered under. */
export function duplicatesIn(replies: Replies): string[] {
  return replies.names.filter(name => replies.count(name) > 1)
}

/** `now` by the node's own clock. */
function nodeFrom(
  replies: Replies,
  name: string,
  nth: number,
  now: number,
): Omit<Node, 'registered' | 'rateLimited'> {
  const stats = replies.answer('stats', name, nth)
  const versions = replies.answer('report', name, nth)
  const reserved = replies.answer('reserved', name, nth)
  const scheduled = replies.answer('scheduled', name, nth)
  return {
    name,
    answerSeconds: replies.firstAnswerSeconds(name, nth),
    version: versions?.celery ?? null,
    kombuVersion: versions?.kombu ?? null,
    pythonVersion: versions?.python ?? null,
    pool: stats?.pool ?? null,
    poolProcesses: stats?.poolProcesses ?? null,
    concurrency: stats?.concurrency ?? null,
    prefetch: stats?.prefetch ?? null,
    uptimeSeconds: stats?.uptimeSeconds ?? null,
    accepted: stats?.accepted ?? {},
    active: (replies.answer('active', name, nth) ?? []).map(task => runningTask(task, now)),
    reserved: reserved?.length ?? null,
    reservedTasks: reserved?.slice(0, mostTasks) ?? [],
    scheduled: scheduled?.length ?? null,
    scheduledTasks: (scheduled ?? []).toSorted(bySoonest).slice(0, mostTasks),
    queues: replies.answer('active_queues', name, nth),
    conf: confOf(replies.answer('conf', name, nth), stats),
    broker: stats?.broker ?? null,
  }
}

function runningTask({startedAt, ...task}: Started, now: number): RunningTask {
  return {...task, runningSeconds: startedAt === null ? null : Math.max(0, now - startedAt)}
}

function bySoonest({eta: one}: {eta: string | null}, {eta: other}: {eta: string | null}): number {
  return one === other ? 0 : one === null || (other !== null && one > other) ? 1 : -1
}

/** What the node does wins over what it was configured to: limits and transport options can be set when it is started. */
function confOf(conf: Answers['conf'], stats: Stats | null): Node['conf'] {
  if (conf === null) return null
  return {
    ...conf,
    taskTimeLimitSeconds: stats?.timeLimitSeconds ?? conf.taskTimeLimitSeconds,
    taskSoftTimeLimitSeconds: stats?.softTimeLimitSeconds ?? conf.taskSoftTimeLimitSeconds,
    visibilityTimeoutSeconds:
      stats?.visibilityTimeoutSeconds ?? conf.visibilityTimeoutSeconds ?? usualVisibilitySeconds,
  }
}

/** Transport options that name the lists of a queue, where nodes tell of other ones than usual. */
export function queueOptions(replies: Replies): {steps: number[] | null; separator: string | null} {
  for (const name of replies.names) {
    const stats = replies.answer('stats', name, 0)
    if (stats !== null && (stats.prioritySteps !== null || stats.separator !== null))
      return {steps: stats.prioritySteps, separator: stats.separator}
  }
  return {steps: null, separator: null}
}
