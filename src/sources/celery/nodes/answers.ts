import type {HeldTask, Node, ScheduledTask} from '../../../snapshot/celery.ts'
import {asBoolean, asEntries, asList, asName, asNumber, at, type Json} from '../../loose-json.ts'
import type {Method} from './envelope.ts'
import {type NodeConf, nodeConf} from './node-conf.ts'

/** What is kept of a node's answer to each request; `null` when it refused or its answer was none. */
export type Answers = {
  ping: null
  stats: Stats | null
  active: Started[] | null
  reserved: HeldTask[] | null
  scheduled: ScheduledTask[] | null
  active_queues: string[] | null
  registered: Registered | null
  conf: NodeConf | null
  report: Versions | null
  query_task: Json
  revoked: Json
  heartbeat: null
}

export type Stats = Pick<
  Node,
  'pool' | 'poolProcesses' | 'concurrency' | 'prefetch' | 'uptimeSeconds' | 'accepted'
> & {
  broker: string | null
  /** As the pool enforces them, wherever they were set; `null` when it has none. */
  softTimeLimitSeconds: number | null
  timeLimitSeconds: number | null
  /** `priority_steps`, `sep` and `visibility_timeout` of the transport; `null` where they are Redis's usual ones. */
  prioritySteps: number[] | null
  separator: string | null
  visibilityTimeoutSeconds: number | null
}

export type Started = HeldTask & {
  /** Epoch seconds by the node's clock; `null` when no process has begun it. */
  startedAt: number | null
  acknowledged: boolean | null
  pid: number | null
}

export type Registered = {
  /** Sorted, each once. */
  tasks: string[]
  /** A task waits for its rate in neither of the lists that a node tells. */
  rateLimited: boolean
}

/** Of Celery, and of what it runs on. */
export type Versions = {celery: string; kombu: string | null; python: string | null}

const digests: {[M in Method]: (value: Json) => Answers[M]} = {
  ping: () => null,
  stats: statsFrom,
  active: value => asList(value)?.map(startedTask) ?? null,
  reserved: value => asList(value)?.map(heldTask) ?? null,
  scheduled: value => asList(value)?.map(scheduledTask) ?? null,
  active_queues: value => asList(value)?.flatMap(queue => asName(at(queue, 'name')) ?? []) ?? null,
  registered: registeredFrom,
  conf: nodeConf,
  report: versionsFrom,
  query_task: value => value,
  revoked: value => value,
  heartbeat: () => null,
}

/** What is kept of an answer. Never throws. */
export function digest(method: Method, value: Json): Answers[Method] {
  return digests[method](value)
}

function statsFrom(stats: Json): Stats | null {
  if (asEntries(stats).length === 0) return null
  const pool = at(stats, 'pool')
  const options = at(stats, 'broker', 'transport_options')
  const limits = asList(at(pool, 'timeouts')) ?? []
  return {
    pool: poolName(pool),
    poolProcesses: asList(at(pool, 'processes'))?.length ?? null,
    concurrency: asNumber(at(pool, 'max-concurrency')),
    prefetch: asNumber(at(stats, 'prefetch_count')),
    uptimeSeconds: uptimeFrom(at(stats, 'uptime')),
    accepted: Object.fromEntries(
      asEntries(at(stats, 'total')).flatMap(([task, told]) => {
        const count = asNumber(told)
        return count === null ? [] : [[asName(task) ?? '', count]]
      }),
    ),
    broker: brokerOf(at(stats, 'broker')),
    softTimeLimitSeconds: asNumber(limits[0] ?? null) || null,
    timeLimitSeconds: asNumber(limits[1] ?? null) || null,
    prioritySteps: stepsFrom(at(options, 'priority_steps')),
    separator: asName(at(options, 'sep')) || null,
    visibilityTimeoutSeconds: asNumber(at(options, 'visibility_timeout')),
  }
}

/** Before the calendar: no node's, and no date can be reckoned with it. */
const longestUptime = 1e10

function uptimeFrom(value: Json): number | null {
  const seconds = asNumber(value)
  return seconds === null || seconds < 0 || seconds > longestUptime ? null : seconds
}

/** Celery's own name of it, as after `-P`. */
function poolName(pool: Json): string | null {
  const implementation = asName(at(pool, 'implementation'))
  if (implementation === null) return poolByShape(pool)
  const name = /([^.:]+):[^.:]*$/.exec(implementation)?.[1] ?? implementation
  return name === 'thread' ? 'threads' : name
}

/** Celery before 5.4 does not tell what its pool is, but each kind tells other things of itself. */
function poolByShape(pool: Json): string | null {
  const told = new Set(asEntries(pool).map(([name]) => name))
  if (told.has('writes')) return 'prefork'
  if (told.has('threads')) return 'threads'
  if (told.has('free-threads')) return 'eventlet'
  if (told.has('processes')) return 'solo'
  return told.size === 1 && told.has('max-concurrency') ? 'gevent' : null
}

const mostSteps = 20

function stepsFrom(value: Json): number[] | null {
  const steps = asList(value)?.filter(
    (step): step is number => typeof step === 'number' && Number.isInteger(step) && step >= 0,
  )
  return steps === undefined || steps.length === 0 ? null : steps.slice(0, mostSteps)
}

/** What a task is, never what it was given. */
function heldTask(task: Json): HeldTask {
  return {
    id: asName(at(task, 'id')) ?? '',
    name: asName(at(task, 'name')) ?? asName(at(task, 'type')) ?? '',
    queue: asName(at(task, 'delivery_info', 'routing_key')),
  }
}

/** Before that, a start time is no epoch second but some other clock's. */
const leastEpoch = 1e9

function startedTask(task: Json): Started {
  const start = asNumber(at(task, 'time_start'))
  return {
    ...heldTask(task),
    startedAt: start === null || start < leastEpoch ? null : start,
    acknowledged: asBoolean(at(task, 'acknowledged')),
    pid: asNumber(at(task, 'worker_pid')),
  }
}

function scheduledTask(entry: Json): ScheduledTask {
  return {...heldTask(at(entry, 'request')), eta: isoTime(asName(at(entry, 'eta')))}
}

function isoTime(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/** `shop.charge [rate_limit=10/m]`: other attributes than the name are told in brackets. */
const attributes = / \[(?:exchange|routing_key|rate_limit)=.*\]$/s

/** A name and its attributes. */
const longestEntry = 1000

function registeredFrom(value: Json): Registered | null {
  const told = asList(value)?.flatMap(entry => asName(entry, longestEntry) ?? [])
  if (told === undefined) return null
  return {
    tasks: [...new Set(told.map(entry => asName(entry.replace(attributes, '')) ?? ''))].sort(),
    rateLimited: told.some(entry => /\brate_limit=/.test(attributes.exec(entry)?.[0] ?? '')),
  }
}

const software =
  /software -> celery:([\w.+-]{1,40})(?: \([^)\n]*\))?(?: kombu:([\w.+-]{1,40}))?(?: py:([\w.+-]{1,40}))?/

/** All that is taken from a report; the rest of it is the configuration, in words. */
function versionsFrom(report: Json): Versions | null {
  const [, celery, kombu, python] = software.exec(asName(at(report, 'ok'), 500) ?? '') ?? []
  return celery === undefined ? null : {celery, kombu: kombu ?? null, python: python ?? null}
}

function brokerOf(broker: Json): string | null {
  const host = asName(at(broker, 'hostname'))
  const port = asNumber(at(broker, 'port'))
  const database = at(broker, 'virtual_host')
  if (host === null) return null
  return `${host}:${port ?? 6379}/${asName(database) ?? asNumber(database) ?? 0}`.replace('//', '/')
}
