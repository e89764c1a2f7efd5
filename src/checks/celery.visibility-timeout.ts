import {duration} from '../render/text/duration.ts'
import {confirmBy, decide, type Severity} from '../report/finding.ts'
import type {CeleryFacts, Node} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, hubMon, listed} from './names.ts'
import {worst} from './stack-severity.ts'

/** A node looks only so often for what is past the timeout. */
const restoreSeconds = 100

/** Parts of the visibility timeout. */
const [notable, tight] = [0.5, 0.8]

export const celeryVisibilityTimeout = defineCheck({
  id: 'celery.visibility-timeout',
  category: 'celery',
  title: 'The visibility timeout is longer than the work',
  why: 'What is not acknowledged within the visibility timeout is delivered again: the same task runs twice.',
  looksAt:
    'The shortest visibility timeout of the nodes against the longest unacknowledged task, ETAs, and the time limit of nodes that acknowledge late.',
  confirm: ['hub-mon tasks --running', 'docker exec hub-celery-worker celery -A app.celery_app inspect conf'],
  cure: [
    '# broker_transport_options = {"visibility_timeout": 7200}: the same in every application of this Redis database',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  follows: ['celery.nodes-online', 'host.clock'],
  judge(snapshot, {celery}) {
    const told = celery.nodes.flatMap(({conf}) => (conf === null ? [] : [conf.visibilityTimeoutSeconds]))
    if (told.length === 0) return skip('no node told its visibility timeout')
    const shortest = Math.min(...told)
    const found = [
      ...heldLong(celery, shortest),
      ...farEtas(snapshot, celery, shortest),
      ...lateLimits(celery, shortest),
      ...different(celery.nodes, shortest),
    ]
    if (found.length === 0) return pass(`${duration(shortest)}, and nothing comes near`)
    const conf = celeryCli(snapshot, 'inspect', 'conf')
    return fail(found.map(({what}) => what).join('; '), {
      severity: worst(found.map(({severity}) => severity)),
      affects: [...new Set(found.flatMap(({affects}) => affects))],
      evidence: [
        {label: 'shortest visibility timeout', value: shortest, unit: 'seconds'},
        ...found.map(({label, seconds, bound}) => ({label, value: seconds, unit: 'seconds' as const, bound})),
      ],
      remedies: [
        decide(
          found.every(({kind}) => kind === 'different')
            ? `set visibility_timeout (broker_transport_options) to ${duration(longest(found, shortest))} in every application of this database`
            : `raise visibility_timeout (broker_transport_options) above ${duration(longest(found, shortest))}, to the same in every application of this database`,
        ),
        ...(found.some(({kind}) => kind === 'eta')
          ? [decide('keep ETAs that far away in a scheduler (celery beat, a table), not in the broker')]
          : []),
        confirmBy('what runs, and since when', ...hubMon(snapshot, 'tasks', '--running')),
        ...(conf === null ? [] : [confirmBy('what the nodes are set to', ...conf)]),
      ],
    })
  },
})

type Near = {
  kind: 'held' | 'eta' | 'limit' | 'different'
  severity: Severity
  what: string
  affects: string[]
  label: string
  seconds: number
  bound: string
}

function longest(found: readonly Near[], shortest: number): number {
  return Math.max(shortest, ...found.map(({seconds}) => seconds))
}

/** Not acknowledged, whether it runs (`acks_late`) or waits for a pool process; who has no owner is celery.unacked's. */
function heldLong({nodes, unacked}: CeleryFacts, shortest: number): Near[] {
  const running = nodes.flatMap(({active}) =>
    active.flatMap(({name, acknowledged, runningSeconds}) =>
      acknowledged === false && runningSeconds !== null ? [{name, seconds: runningSeconds}] : [],
    ),
  )
  const delivered = (unacked.sample ?? []).flatMap(({task, eta, owner, deliveredSeconds}) =>
    eta === null && owner !== null ? [{name: task ?? 'a task', seconds: deliveredSeconds}] : [],
  )
  const oldest = [...running, ...delivered].sort((a, b) => b.seconds - a.seconds)[0]
  if (oldest === undefined || oldest.seconds <= notable * shortest) return []
  const past = oldest.seconds > shortest ? ', past' : ' of'
  return [
    {
      kind: 'held',
      severity: oldest.seconds > tight * shortest ? 'warning' : 'notice',
      what: `${oldest.name} has been unacknowledged for ${duration(oldest.seconds)}${past} the ${duration(shortest)} after which it is delivered again`,
      affects: [oldest.name],
      ...{label: oldest.name, seconds: oldest.seconds, bound: `above ${duration(notable * shortest)}`},
    },
  ]
}

/** From the delivery to a node until the ETA; a waiting message is delivered now at the earliest. */
function farEtas({takenAt}: Snapshot, {nodes, queues, unacked}: CeleryFacts, shortest: number): Near[] {
  const until = (eta: string) => (Date.parse(eta) - Date.parse(takenAt)) / 1000
  const etas = [
    ...(unacked.sample ?? []).map(({task, eta, deliveredSeconds}) => ({task, eta, since: deliveredSeconds})),
    ...nodes.flatMap(({scheduledTasks}) =>
      scheduledTasks.map(({name, eta}) => ({task: name, eta, since: 0})),
    ),
    ...queues.flatMap(({sample}) =>
      [...(sample?.seen ?? []), ...(sample?.oldest == null ? [] : [sample.oldest])].map(({task, eta}) => ({
        ...{task, eta, since: 0},
      })),
    ),
  ].flatMap(({task, eta, since}) =>
    // Past its ETA a message is on its way like any other.
    eta !== null && until(eta) > 0 ? [{task: task ?? 'a task', seconds: since + until(eta)}] : [],
  )
  const far = etas.filter(({seconds}) => seconds > shortest).sort((a, b) => b.seconds - a.seconds)
  const [farthest] = far
  if (farthest === undefined) return []
  return [
    {
      kind: 'eta',
      severity: 'warning',
      what: `${farthest.task} is held for an ETA ${duration(farthest.seconds)} after its delivery: delivered again every ${duration(Math.max(shortest, restoreSeconds))} until then`,
      affects: [...new Set(far.map(({task}) => task))],
      ...{label: `ETA of ${farthest.task}`, seconds: farthest.seconds, bound: `above ${duration(shortest)}`},
    },
  ]
}

/** A task may run as long as its limit; that matters where it is acknowledged only at its end. */
function lateLimits({nodes}: CeleryFacts, shortest: number): Near[] {
  const limits = nodes.flatMap(({conf}) =>
    conf?.acksLate === true && conf.taskTimeLimitSeconds !== null ? [conf.taskTimeLimitSeconds] : [],
  )
  const limit = Math.max(0, ...limits)
  if (limit <= tight * shortest) return []
  return [
    {
      kind: 'limit',
      severity: limit > shortest ? 'warning' : 'notice',
      what: `task_time_limit lets a task that is acknowledged late run for ${duration(limit)}, with a visibility timeout of ${duration(shortest)}`,
      affects: [],
      ...{label: 'task_time_limit', seconds: limit, bound: `above ${duration(tight * shortest)}`},
    },
  ]
}

function different(nodes: readonly Node[], shortest: number): Near[] {
  const told = nodes.flatMap(({name, conf}) =>
    conf === null ? [] : [{name, seconds: conf.visibilityTimeoutSeconds}],
  )
  const most = Math.max(...told.map(({seconds}) => seconds))
  if (most === shortest) return []
  const short = told.filter(({seconds}) => seconds === shortest).map(({name}) => name)
  return [
    {
      kind: 'different',
      severity: 'warning',
      what: `${listed(short)} ${short.length === 1 ? 'has' : 'have'} a visibility timeout of ${duration(shortest)}, others up to ${duration(most)}: the shortest holds for all`,
      affects: short,
      ...{label: 'longest visibility timeout', seconds: most, bound: 'not the same everywhere'},
    },
  ]
}
