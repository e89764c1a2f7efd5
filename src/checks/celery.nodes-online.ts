import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {type CeleryFacts, type Census, censusOf, unreadableNodes} from '../snapshot/celery.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {cannotTell, defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {restartAgain, startAgain} from './fixable.ts'
import {inShort, toldByLog} from './log-causes.ts'
import {
  affectedBy,
  containerOf,
  containersOf,
  hubMon,
  lastWords,
  listed,
  redisCli,
  soloInCommand,
} from './names.ts'
import {giveItTime, isStarting, mayStillConnect} from './starting.ts'

export const celeryNodesOnline = defineCheck({
  id: 'celery.nodes-online',
  category: 'celery',
  title: 'Celery nodes are online',
  why: 'Without a node nothing takes tasks from the queues; a container that is up proves nothing.',
  looksAt: 'A remote-control ping: how many nodes are connected to Redis, and whether any of them answers.',
  confirm: [
    'hub-mon workers',
    'docker exec hub-celery-worker celery -A app.celery_app inspect ping',
    'docker logs --tail 20 hub-celery-worker',
  ],
  cure: ['hub-mon up', 'hub-mon restart celery-worker'],
  severity: 'critical',
  phase: 'running',
  metric: 'celery_nodes_online',
  needs: [],
  reads: ['logs'],
  roots: 'celery',
  follows: [
    {check: 'stack.running', of: 'worker'},
    {check: 'stack.restart-loop', of: 'worker'},
    {check: 'stack.oom-killed', of: 'worker'},
    'stack.present',
    'redis.reachable',
    'redis.writable',
    'celery.nodes-answering',
  ],
  judge(snapshot) {
    const reading = snapshot.sources.celery
    if (reading === undefined || reading.status === 'unavailable')
      return cannotTell(`Celery could not be asked: ${reading?.error.message ?? 'no reason given'}`)
    const census = censusOf(reading.value)
    if (census === null) {
      if (snapshot.passive) return skip('no ping was sent (--passive)')
      return skip(reading.status === 'partial' ? reading.error.message : 'no ping could be sent')
    }
    return census.answered === 0
      ? none(snapshot, reading.value, census)
      : some(snapshot, reading.value, census)
  },
})

function none(snapshot: Snapshot, {silent, probe, database}: CeleryFacts, {hung}: Census): Outcome {
  const waiting = probe?.waitingClients ?? 0
  const elsewhere = probe?.elsewhere ?? []
  // What waits may wait there.
  if (hung === 0 && waiting > 0 && elsewhere.length === 0) {
    const since = sinceRedis(snapshot)
    const lost = since === null ? '' : ` since Redis was started ${duration(since)} ago`
    return fail(
      `no node listens to remote control${lost}, yet ${plural(waiting, 'client waits', 'clients wait')} for messages`,
      {
        severity: 'warning',
        affects: affectedBy(snapshot, 'worker'),
        evidence: [
          {label: 'nodes that can be asked', value: 0, unit: 'count', bound: 'below 1'},
          {label: 'clients that wait for messages', value: waiting, unit: 'count'},
        ],
        remedies: [
          ...(since === null ? [] : remediesFor(snapshot)),
          decide('worker_enable_remote_control = True: nodes without it work, and cannot be asked'),
          confirmBy('who waits', ...redisCli(snapshot, 'CLIENT', 'LIST')),
        ],
      },
    )
  }
  const told = hung > 0 ? null : toldByLog(snapshot, containerOf(snapshot, 'worker'))
  const refused = hung > 0 || told !== null ? [] : (probe?.refused ?? [])
  const workers = containersOf(snapshot, 'worker')
  const solo = hung > 0 && workers.length > 0 && workers.every(soloInCommand)
  return fail(
    hung > 0
      ? `${plural(hung, 'node is', 'nodes are')} connected to Redis and none answers`
      : `no node listens on Redis${whyNone(snapshot)}${inWords(elsewhere, database)}${inShort(told)}${refusedInWords(refused)}`,
    {
      severity: solo ? 'notice' : 'critical',
      affects: [...affectedBy(snapshot, 'worker'), ...silent],
      evidence: [
        {label: 'nodes online', value: 0, unit: 'count', bound: 'below 1'},
        {label: 'connected to Redis', value: hung, unit: 'count'},
        ...(silent.length === 0 ? [] : [{label: 'silent', value: listed(silent)}]),
        ...elsewhere.slice(0, 3).map(other => ({
          ...{label: `nodes in database ${other.database}`, value: other.nodes, unit: 'count' as const},
        })),
        ...(told?.evidence ?? []),
        ...refused.slice(0, 3).map(({user, what}) => ({label: `refused to ${user}`, value: what})),
      ],
      remedies: [
        ...(told?.cures ?? []),
        ...giveRights(snapshot, refused),
        ...comeHere(snapshot, elsewhere, database),
        ...remediesFor(snapshot, told?.cause.lasting),
      ],
    },
  )
}

type Refused = NonNullable<NonNullable<CeleryFacts['probe']>['refused']>

function refusedInWords(refused: Refused): string {
  const told = refused.map(({user, what}) => `${what} to the user ${user}`)
  return told.length === 0 ? '' : `; Redis refuses ${listed(told)}`
}

/** Whose they are is not told: most likely the nodes'. */
function giveRights(snapshot: Snapshot, refused: Refused): Remedy[] {
  if (refused.length === 0) return []
  const users = [...new Set(refused.map(({user}) => user))]
  return [
    decide(
      `if it is the nodes', give ${listed(users)} the rights that Celery needs (ACL SETUSER, and the ACL file for good), then start the nodes`,
    ),
    confirmBy('what was refused, and to whom', ...redisCli(snapshot, 'ACL', 'LOG', '5')),
  ]
}

type Elsewhere = NonNullable<NonNullable<CeleryFacts['probe']>['elsewhere']>

/** As likely this hub's own nodes, started with another broker, as those of another hub. */
function inWords(elsewhere: Elsewhere, database: number): string {
  const places = elsewhere.map(other => `${plural(other.nodes, 'node')} in database ${other.database}`)
  return places.length === 0
    ? ''
    : ` in database ${database}; there ${elsewhere[0]?.nodes === 1 ? 'is' : 'are'} ${listed(places)} of it`
}

function comeHere({target}: Snapshot, [first]: Elsewhere, database: number): Remedy[] {
  if (first === undefined) return []
  const there = first.database
  const looked =
    target.redisFrom === undefined ? '' : ` (or ${target.redisFrom} from ${database} to ${there})`
  return [
    decide(
      `if they belong to this hub, correct their broker (CELERY_BROKER_URL) from database ${there} to ${database} and start them anew${looked}; else start a node here`,
    ),
  ]
}

/** A node that is starting comes by itself; one that was there before Redis may have lost it for good. */
function whyNone(snapshot: Snapshot): string {
  const worker = containerOf(snapshot, 'worker')
  if (worker?.state !== 'running') return ''
  const runs = secondsSince(worker.startedAt, snapshot.takenAt)
  if (isStarting(worker, snapshot)) return ` yet: ${worker.service} was started ${duration(runs)} ago`
  const since = sinceRedis(snapshot)
  return since === null
    ? ''
    : `: ${worker.service} has not come back since Redis was started ${duration(since)} ago`
}

/** For how many seconds Redis has run, where a worker was there before it; `null` otherwise. */
function sinceRedis(snapshot: Snapshot): number | null {
  const worker = containerOf(snapshot, 'worker')
  const redis = containerOf(snapshot, 'redis')
  if (worker?.state !== 'running' || redis === undefined) return null
  const runs = secondsSince(redis.startedAt, snapshot.takenAt)
  return runs < secondsSince(worker.startedAt, snapshot.takenAt) ? runs : null
}

function some(snapshot: Snapshot, celery: CeleryFacts, {answered, hung, gone}: Census): Outcome {
  const {nodes, silent} = celery
  const unreadable = unreadableNodes(celery)
  const online = answered + hung
  const wanted = snapshot.expected.nodes
  const inPickle =
    unreadable === 0
      ? []
      : [`${plural(unreadable, 'node')} that ${unreadable === 1 ? 'answers' : 'answer'} in pickle`]
  const silently = hung === 0 ? [] : [`${hung} silent`]
  const names = listed([
    ...nodes.map(({name}) => (name === '' ? 'a node without a name' : name)),
    ...inPickle,
    ...silently,
  ])
  if (wanted !== null && online < wanted.value)
    return fail(`${online} of ${wanted.value} expected nodes online (${wanted.from}): ${names}`, {
      severity: 'warning',
      affects: affectedBy(snapshot, 'worker'),
      evidence: [
        {label: 'nodes online', value: online, unit: 'count', bound: `below ${wanted.value}`},
        ...(silent.length === 0 ? [] : [{label: 'gone', value: listed(silent)}]),
      ],
      remedies: remediesFor(snapshot),
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
  const left = gone === 0 || hung > 0 ? '' : `; left without saying goodbye: ${listed(silent)}`
  return pass(`${names}${left}`)
}

/** `lasting`: a restart alone would change nothing. */
function remediesFor(snapshot: Snapshot, lasting = false): Remedy[] {
  const containers = containersOf(snapshot, 'worker')
  const [first] = containers
  if (first === undefined)
    return snapshot.target.kind === 'compose'
      ? [cureBy('start the hub', ...hubMon(snapshot, 'up'))]
      : [decide('start a node, or restart the silent one, where it runs; read its log first')]
  const services = [...new Set(containers.map(({service}) => service))]
  return [
    ...(lasting ? [] : giveItTime(snapshot)),
    ...(containers.some(({state}) => state === 'running')
      ? services.map(service =>
          lasting
            ? cureBy('then start it anew', ...hubMon(snapshot, 'up'))
            : restartAgain(snapshot, service, 'start it again', mayStillConnect(snapshot, service)),
        )
      : [startAgain(snapshot, 'start it')]),
    ...lastWords(first),
  ]
}
