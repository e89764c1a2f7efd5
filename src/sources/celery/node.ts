import type {Node, RunningTask} from '../../snapshot/celery.ts'
import {asBoolean, asEntries, asList, asNumber, asText, at, type Json} from '../loose-json.ts'
import type {Replies} from './replies.ts'

/** Before that, a start time is no epoch second but some other clock's. */
const leastEpoch = 1e9

/** The nodes that answered; two under one name are two nodes. `now` in epoch seconds. */
export function nodesFrom(replies: Replies, now: number): Node[] {
  return replies.names.flatMap(name =>
    Array.from({length: replies.count(name)}, (_, nth) => nodeFrom(replies, name, nth, now)),
  )
}

/** Names that more than one node answered under. */
export function duplicatesIn(replies: Replies): string[] {
  return replies.names.filter(name => replies.count(name) > 1)
}

function nodeFrom(replies: Replies, name: string, nth: number, now: number): Node {
  const stats = replies.answer('stats', name, nth)
  const active = asList(replies.answer('active', name, nth)) ?? []
  return {
    name,
    answerSeconds: null,
    version: null,
    pool: poolName(at(stats, 'pool')),
    poolProcesses: asList(at(stats, 'pool', 'processes'))?.length ?? null,
    concurrency: asNumber(at(stats, 'pool', 'max-concurrency')),
    prefetch: asNumber(at(stats, 'prefetch_count')),
    uptimeSeconds: asNumber(at(stats, 'uptime')),
    accepted: Object.fromEntries(
      asEntries(at(stats, 'total')).flatMap(([task, count]) =>
        typeof count === 'number' ? [[task, count]] : [],
      ),
    ),
    active: active.map(task => runningTask(task, now)),
    reserved: asList(replies.answer('reserved', name, nth))?.length ?? null,
    reservedTasks: [],
    scheduled: null,
    scheduledTasks: [],
    registered: null,
    queues: queueNames(replies.answer('active_queues', name, nth)),
    conf: confFrom(replies.answer('conf', name, nth)),
    broker: brokerOf(at(stats, 'broker')),
  }
}

/** `celery.concurrency.prefork:TaskPool` → `prefork`. Celery before 5.4 does not tell, but prefork alone counts writes. */
function poolName(pool: Json): string | null {
  const implementation = asText(at(pool, 'implementation'))
  if (implementation === null) return at(pool, 'writes') === null ? null : 'prefork'
  return /([^.:]+):[^.:]*$/.exec(implementation)?.[1] ?? implementation
}

/** What a task is and since when, never what it was given. */
function runningTask(task: Json, now: number): RunningTask {
  const start = asNumber(at(task, 'time_start'))
  return {
    id: asText(at(task, 'id')) ?? '',
    name: asText(at(task, 'name')) ?? asText(at(task, 'type')) ?? '',
    queue: asText(at(task, 'delivery_info', 'routing_key')),
    runningSeconds: start === null || start < leastEpoch ? null : Math.max(0, now - start),
    acknowledged: asBoolean(at(task, 'acknowledged')),
    pid: asNumber(at(task, 'worker_pid')),
  }
}

function queueNames(reply: Json): string[] | null {
  return asList(reply)?.flatMap(queue => asText(at(queue, 'name')) ?? []) ?? null
}

/** Only what differs from Celery's defaults is told, so that what is absent has its default. */
function confFrom(conf: Json): Node['conf'] {
  if (conf === null || typeof conf !== 'object' || Array.isArray(conf) || isRefusal(conf)) return null
  return {
    sendsTaskEvents: at(conf, 'worker_send_task_events') === true ? true : null,
    acksLate: asBoolean(at(conf, 'task_acks_late')) ?? false,
    taskTimeLimitSeconds: asNumber(at(conf, 'task_time_limit')),
    taskSoftTimeLimitSeconds: asNumber(at(conf, 'task_soft_time_limit')),
    prefetchMultiplier: asNumber(at(conf, 'worker_prefetch_multiplier')) ?? 4,
    visibilityTimeoutSeconds: asNumber(at(conf, 'broker_transport_options', 'visibility_timeout')) ?? 3600,
    resultExpiresSeconds: 86_400,
    resultBackend: withoutCredentials(asText(at(conf, 'result_backend'))),
  }
}

function isRefusal(reply: {[name: string]: Json}): boolean {
  return Object.keys(reply).length === 1 && typeof reply.error === 'string'
}

/** `redis://user:password@host:1/2?x` → `redis://host:1/2`: nodes hide the broker's password, not this one. */
function withoutCredentials(url: string | null): string | null {
  return url === null ? null : url.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/s, '')
}

function brokerOf(broker: Json): string | null {
  const host = asText(at(broker, 'hostname'))
  const port = asNumber(at(broker, 'port'))
  const database = at(broker, 'virtual_host')
  if (host === null) return null
  return `${host}:${port ?? 6379}/${typeof database === 'string' || typeof database === 'number' ? database : 0}`.replace(
    '//',
    '/',
  )
}

/** Transport options that name the lists of a queue, where nodes tell of other ones than usual. */
export function queueOptions(replies: Replies): {steps: number[] | null; separator: string | null} {
  for (const name of replies.names) {
    const options = at(replies.answer('stats', name, 0), 'broker', 'transport_options')
    const steps = asList(at(options, 'priority_steps'))?.filter(
      (step): step is number => Number.isInteger(step) && (step as number) >= 0,
    )
    const separator = asText(at(options, 'sep'))
    if (steps !== undefined || separator !== null)
      return {steps: steps === undefined || steps.length === 0 ? null : steps.slice(0, 20), separator}
  }
  return {steps: null, separator: null}
}
