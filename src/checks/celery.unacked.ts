import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Evidence} from '../report/finding.ts'
import {type CeleryFacts, type UnackedMessage, unreadableNodes} from '../snapshot/celery.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {affectedBy, hubMon, listed, redisCli} from './names.ts'

/** Celery's visibility timeout for Redis, where no node tells its own. */
const usualTimeoutSeconds = 3600
/** A node looks only so often for what is past the timeout, and takes so many back each time. */
const [restoreSeconds, restoredAtOnce] = [100, 10]
/** A message may be on its way from the broker to what a node says of itself. */
const settledSeconds = 60

export const celeryUnacked = defineCheck({
  id: 'celery.unacked',
  category: 'celery',
  title: 'Delivered messages are acknowledged',
  why: 'What was delivered to a node that died stays away until the visibility timeout is over, an hour by default.',
  looksAt:
    'Number and age of unacknowledged messages, whether a node says that it holds them, and whether one is there to restore them.',
  confirm: [
    'hub-mon workers',
    'docker exec hub-redis redis-cli HLEN unacked',
    'docker exec hub-redis redis-cli ZRANGE unacked_index 0 0 WITHSCORES',
  ],
  cure: [
    'hub-mon up',
    '# broker_transport_options = {"visibility_timeout": 3600}: longer than the longest task and ETA',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  asks: {messages: true, scheduled: true},
  // How old an entry is, is told by the clock of the node that took it.
  follows: ['celery.nodes-online', 'celery.nodes-answering', 'host.clock'],
  judge(snapshot, {celery}) {
    const {messages} = celery.unacked
    if (messages === null) return skip('they could not be counted')
    if (messages === 0) return pass('none is open')
    const oldest = oldestOf(celery)
    if ((celery.probe?.waitingClients ?? 0) > 0) return skip('the nodes cannot be asked what they hold')
    const beside =
      celery.unacked.sample?.some(({eta}) => eta !== null) === true ? ' that waits for no ETA' : ''
    const held = `${plural(messages, 'message')}${oldest === null ? '' : `, the oldest${beside} since ${duration(oldest)}`}`
    if (celery.probe !== null && celery.nodes.length + unreadableNodes(celery) === 0)
      return nobodyThere(snapshot, held, figures(celery, oldest))
    const orphans = orphansIn(celery)
    if (orphans.length > 0) return orphaned(snapshot, celery, orphans)
    const told = celery.nodes.some(({conf}) => conf !== null)
    const timeout = timeoutOf(celery)
    if (oldest === null || oldest <= timeout + restoreSeconds) return pass(held)
    const which = told ? 'the' : 'the default'
    return fail(`${held}: past ${which} visibility timeout of ${duration(timeout)}`, {
      // It may have been raised where nobody tells it.
      severity: told ? 'warning' : 'notice',
      evidence: figures(celery, oldest, `above ${duration(timeout + restoreSeconds)}`),
      remedies: [
        decide('keep visibility_timeout longer than the longest task and ETA, the same in all applications'),
        howMany(snapshot),
      ],
    })
  },
})

/** An entry that waits for its ETA is as old as it should be. */
function oldestOf({unacked: {oldestSeconds, sample}}: CeleryFacts): number | null {
  if (sample === null) return oldestSeconds
  return sample.find(({eta}) => eta === null)?.deliveredSeconds ?? null
}

/** The shortest wins: any node restores what is past its own. */
function timeoutOf({nodes}: CeleryFacts): number {
  const told = nodes.flatMap(({conf}) => conf?.visibilityTimeoutSeconds ?? [])
  return told.length === 0 ? usualTimeoutSeconds : Math.min(...told)
}

function orphansIn({unacked: {ownersKnown, sample}}: CeleryFacts): UnackedMessage[] {
  if (!ownersKnown) return []
  return (sample ?? []).filter(
    ({eta, owner, deliveredSeconds}) => eta === null && owner === null && deliveredSeconds > settledSeconds,
  )
}

function nobodyThere(snapshot: Snapshot, held: string, evidence: Evidence[]): Outcome {
  return fail(`${held}: no node is online to finish or restore them`, {
    affects: affectedBy(snapshot, 'worker'),
    evidence,
    remedies: [
      snapshot.target.kind === 'compose'
        ? cureBy('start a node: it restores them', ...hubMon(snapshot, 'up'))
        : decide('start a node: it restores them'),
      howMany(snapshot),
    ],
  })
}

function orphaned(snapshot: Snapshot, celery: CeleryFacts, orphans: readonly UnackedMessage[]): Outcome {
  const {messages, sample} = celery.unacked
  const timeout = timeoutOf(celery)
  const all = sample !== null && messages !== null && sample.length >= messages
  const many = plural(orphans.length, 'delivered message is', 'delivered messages are')
  const youngest = Math.min(...orphans.map(({deliveredSeconds}) => deliveredSeconds))
  return fail(
    `${all ? '' : 'at least '}${many} held by no node: what took ${orphans.length === 1 ? 'it' : 'them'} is gone; delivered again within ${duration(Math.max(0, timeout - youngest) + restoreSeconds)}`,
    {
      affects: [...new Set(orphans.flatMap(({queue, task}) => [queue, task].filter(name => name !== null)))],
      evidence: [
        {
          ...{label: 'held by no node', value: orphans.length, unit: 'count'},
          bound: `for more than ${duration(settledSeconds)}`,
        },
        {label: 'of tasks', value: listed([...new Set(orphans.map(({task}) => task ?? 'unknown'))])},
        ...figures(celery, oldestOf(celery)),
        {label: 'visibility timeout', value: timeout, unit: 'seconds'},
      ],
      remedies: [
        decide(
          `wait: nodes take back what is past the visibility timeout, ${restoredAtOnce} messages every ${restoreSeconds} s; do not send the tasks again`,
        ),
        confirmBy('which nodes are there, and which are gone', ...hubMon(snapshot, 'workers')),
        howMany(snapshot),
      ],
    },
  )
}

function figures(celery: CeleryFacts, oldest: number | null, bound?: string): Evidence[] {
  return [
    {label: 'unacknowledged', value: celery.unacked.messages, unit: 'count'},
    {label: 'oldest', value: oldest, unit: 'seconds', ...(bound === undefined ? {} : {bound})},
  ]
}

function howMany(snapshot: Snapshot) {
  const prefix = factsFrom(snapshot.sources.celery)?.names.keyPrefix ?? ''
  return confirmBy('how many there are', ...redisCli(snapshot, 'HLEN', `${prefix}unacked`))
}
