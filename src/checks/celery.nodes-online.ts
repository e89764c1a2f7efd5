import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {type CeleryFacts, unreadableNodes} from '../snapshot/celery.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {cannotTell, defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {affectedBy, containerOf, containersOf, hubMon, lastWords} from './names.ts'

export const celeryNodesOnline = defineCheck({
  id: 'celery.nodes-online',
  category: 'celery',
  title: 'Celery nodes are online',
  why: 'Without a node nothing takes tasks from the queues; a container that is up proves nothing.',
  looksAt:
    'A remote-control ping: how many nodes are connected to Redis, which answer, which known names are silent.',
  confirm: [
    'docker exec hub-celery-worker celery -A app.celery_app inspect ping',
    'docker logs --tail 20 hub-celery-worker',
  ],
  cure: ['hub-mon up', 'hub-mon restart celery-worker'],
  severity: 'critical',
  phase: 'running',
  needs: [],
  roots: 'celery',
  follows: [
    {check: 'stack.running', of: 'worker'},
    {check: 'stack.restart-loop', of: 'worker'},
    {check: 'stack.oom-killed', of: 'worker'},
    'stack.present',
    'redis.reachable',
    'redis.writable',
  ],
  judge(snapshot) {
    const reading = snapshot.sources.celery
    if (reading === undefined || reading.status === 'unavailable')
      return cannotTell(`Celery could not be asked: ${reading?.error.message ?? 'no reason given'}`)
    const {probe, nodes} = reading.value
    if (probe === null) {
      if (snapshot.passive) return skip('no ping was sent (--passive)')
      return skip(reading.status === 'partial' ? reading.error.message : 'no ping could be sent')
    }
    const online = nodes.length + unreadableNodes(reading.value)
    return online === 0 ? none(snapshot, reading.value) : some(snapshot, reading.value)
  },
})

function none(snapshot: Snapshot, {probe, silent}: CeleryFacts): Outcome {
  const connected = probe?.subscribers ?? 0
  const within = duration(probe?.seconds ?? 0)
  const message =
    connected > 0
      ? `${plural(connected, 'node is', 'nodes are')} connected to Redis and silent for ${within}: hung, or busy in a solo pool`
      : `no node is connected to Redis${whyNone(snapshot)}`
  return fail(message, {
    affects: [...affectedBy(snapshot, 'worker'), ...silent],
    evidence: evidenceOf(0, connected, silent),
    remedies: remediesFor(snapshot, connected > 0),
  })
}

/** To import the application and to connect; what was started less long ago may still be on its way. */
const startSeconds = 30

/** A node that is starting comes by itself; one that was there before Redis may have lost it for good. */
function whyNone(snapshot: Snapshot): string {
  const worker = containerOf(snapshot, 'worker')
  const redis = containerOf(snapshot, 'redis')
  if (worker?.state !== 'running') return ''
  const runs = secondsSince(worker.startedAt, snapshot.takenAt)
  if (runs < startSeconds) return ` yet: ${worker.service} was started ${duration(runs)} ago`
  const redisRuns = secondsSince(redis?.startedAt ?? null, snapshot.takenAt)
  return redisRuns < runs
    ? `: ${worker.service} has not come back since Redis was started ${duration(redisRuns)} ago`
    : ''
}

function isStarting(snapshot: Snapshot): boolean {
  return containersOf(snapshot, 'worker').some(
    ({state, startedAt}) => state === 'running' && secondsSince(startedAt, snapshot.takenAt) < startSeconds,
  )
}

function some(snapshot: Snapshot, celery: CeleryFacts): Outcome {
  const {probe, nodes, silent} = celery
  const unreadable = unreadableNodes(celery)
  const online = nodes.length + unreadable
  const hung = Math.min(silent.length, Math.max(0, (probe?.subscribers ?? online) - online))
  const wanted = snapshot.expected.nodes
  const inPickle =
    unreadable === 0
      ? []
      : [`${plural(unreadable, 'node')} that ${unreadable === 1 ? 'answers' : 'answer'} in pickle`]
  const names = [...nodes.map(({name}) => name), ...inPickle].join(', ')
  if (hung > 0)
    return fail(
      hung === silent.length
        ? `${silent.join(', ')} ${hung === 1 ? 'is' : 'are'} connected to Redis but silent: hung, or busy in a solo pool`
        : `${hung} of ${silent.join(', ')} hung (connected but silent), the rest gone`,
      {
        severity: 'warning',
        affects: silent,
        evidence: evidenceOf(online, probe?.subscribers ?? null, silent),
        remedies: remediesFor(snapshot, true),
      },
    )
  if (wanted !== null && online < wanted.value)
    return fail(`${online} of ${wanted.value} expected nodes online (${wanted.from}): ${names}`, {
      severity: 'warning',
      affects: affectedBy(snapshot, 'worker'),
      evidence: [
        {label: 'nodes online', value: online, unit: 'count', bound: `below ${wanted.value}`},
        ...(silent.length === 0 ? [] : [{label: 'gone', value: silent.join(', ')}]),
      ],
      remedies: remediesFor(snapshot, false),
    })
  if (unreadable > 0)
    return fail(
      `${names}: pickle is never opened here, so what such a node runs and consumes cannot be told`,
      {
        severity: 'notice',
        affects: affectedBy(snapshot, 'worker'),
        evidence: [{label: 'answers in pickle', value: unreadable, unit: 'count', bound: 'above 0'}],
        remedies: [decide("task_serializer = 'json' in the application, in which nodes then answer, too")],
      },
    )
  const gone = silent.length === 0 ? '' : `; left without saying goodbye: ${silent.join(', ')}`
  return pass(`${names}${gone}`)
}

function evidenceOf(online: number, connected: number | null, silent: readonly string[]) {
  return [
    {label: 'nodes online', value: online, unit: 'count' as const, bound: 'below 1'},
    {label: 'connected to Redis', value: connected, unit: 'count' as const},
    ...(silent.length === 0 ? [] : [{label: 'silent', value: silent.join(', ')}]),
  ]
}

function remediesFor(snapshot: Snapshot, hung: boolean): Remedy[] {
  const containers = containersOf(snapshot, 'worker')
  const [first] = containers
  if (first === undefined)
    return snapshot.target.kind === 'compose'
      ? [cureBy('start the hub', ...hubMon(snapshot, 'up'))]
      : [decide('start a node, or restart the silent one, where it runs; read its log first')]
  const services = [...new Set(containers.map(({service}) => service))]
  const running = containers.some(({state}) => state === 'running')
  return [
    ...(!hung && isStarting(snapshot)
      ? [cureBy('give it time', ...hubMon(snapshot, 'doctor', '--wait', '60s'))]
      : []),
    ...(running
      ? services.map(service => cureBy('start it again', ...hubMon(snapshot, 'restart', service)))
      : [cureBy('start it', ...hubMon(snapshot, 'up'))]),
    ...(hung && running ? [confirmBy('whether its processes work', 'docker', 'top', first.name)] : []),
    ...lastWords(first),
  ]
}
