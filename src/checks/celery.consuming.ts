import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {CeleryFacts, Node, Queue} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {couldTake} from './capacity.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {restartAgain} from './fixable.ts'
import {affectedBy, containerOfNode, hubMon, listed, redisCli} from './names.ts'

/** A node that has only just come up has not begun to take messages yet. */
const settledSeconds = 5

/** A node that is alive takes what waits within milliseconds; a busy machine is given some more. */
const leastSeconds = 0.5

export const celeryConsuming = defineCheck({
  id: 'celery.consuming',
  category: 'celery',
  title: 'Nodes take what waits for them',
  why: 'After Redis was away for a moment a node may answer every ping and still take nothing: all looks green.',
  looksAt:
    'Queues whose first message has not moved between two looks, while a node that consumes them has a free pool process and free prefetch. The second look is taken only when the first is suspicious.',
  confirm: ['hub-mon queues --watch 2s', 'docker exec hub-redis redis-cli CLIENT LIST'],
  cure: [
    'hub-mon restart celery-worker',
    'hub-mon workers shutdown celery@hub-celery-worker',
    '# upgrade Celery: 5.2.3 to 5.5.0 are known for it',
  ],
  severity: 'critical',
  phase: 'running',
  needs: ['celery'],
  reads: ['docker'],
  asks: {secondLook: 'when-suspicious'},
  follows: ['redis.writable'],
  judge(snapshot, {celery}) {
    if (celery.probe === null) return skip('no node was asked')
    if (celery.nodes.length === 0) return skip('no node was heard')
    const waiting = celery.queues.filter(({ready}) => ready > 0)
    if (waiting.length === 0) return pass('nothing waits')
    const free = celery.nodes.filter(node => couldTake(node, celery) && !isNew(node))
    const owed = waiting.filter(queue => free.some(node => consumes(node, queue)))
    if (owed.length === 0) return pass('no node with a free pool process consumes what waits')
    const stuck = free.filter(node => isStuck(node, celery))
    if (stuck.length > 0) return fail(...saying(snapshot, stuck, owed))
    if (owed.every(({flow}) => flow === null)) return skip('the queues were looked at only once')
    return pass('what waits is taken')
  },
})

function isNew({uptimeSeconds}: Node): boolean {
  return uptimeSeconds !== null && uptimeSeconds < settledSeconds
}

function consumes({queues}: Node, {name}: Queue): boolean {
  return queues?.includes(name) === true
}

/** The queue was not touched between the looks, though something waited in it all the time. */
function standsStill({ready, flow}: Queue): boolean {
  if (ready === 0 || flow === null || flow.ready === 0 || flow.seconds < leastSeconds) return false
  return flow.headUnchanged && (flow.taken ?? 0) === 0
}

/** Something that a node consumes stands still, and nothing that it consumes moves: it is not just serving another queue. */
function isStuck(node: Node, {queues}: CeleryFacts): boolean {
  const looked = queues.filter(queue => queue.flow !== null && consumes(node, queue))
  const moves = looked.some(({ready, flow}) => ready > 0 && (!flow?.headUnchanged || (flow.taken ?? 0) > 0))
  return !moves && looked.some(standsStill)
}

function saying(snapshot: Snapshot, stuck: readonly Node[], owed: readonly Queue[]): Parameters<typeof fail> {
  const queues = owed.filter(queue => standsStill(queue) && stuck.some(node => consumes(node, queue)))
  const seconds = Math.max(...queues.map(({flow}) => flow?.seconds ?? 0))
  const messages = queues.reduce((sum, {ready}) => sum + ready, 0)
  const [does, takes] = stuck.length === 1 ? ['answers', 'takes'] : ['answer', 'take']
  return [
    `${listed(stuck.map(({name}) => name))} ${does} but ${takes} nothing from ${listed(queues.map(({name}) => name))}: ${plural(messages, 'message waits', 'messages wait')}, none taken in ${duration(seconds)}`,
    {
      affects: [
        ...affectedBy(snapshot, 'worker'),
        ...stuck.map(({name}) => name),
        ...queues.map(({name}) => name),
      ],
      evidence: [
        ...queues.slice(0, 5).map(({name, ready}) => ({label: name, value: ready, unit: 'count' as const})),
        ...stuck.slice(0, 5).flatMap(({name, reserved, prefetch}) => [
          {label: `reserved by ${name}`, value: reserved, unit: 'count' as const},
          {label: `prefetch of ${name}`, value: prefetch === 0 ? 'without bound' : prefetch},
        ]),
      ],
      remedies: remediesFor(snapshot, stuck),
    },
  ]
}

function remediesFor(snapshot: Snapshot, stuck: readonly Node[]): Remedy[] {
  const containers = stuck.map(({name}) => containerOfNode(snapshot, name))
  const services = new Set(containers.flatMap(container => container?.service ?? []))
  const elsewhere = stuck.filter((_, nth) => containers[nth] === undefined)
  return [
    ...[...services].map(service => restartAgain(snapshot, service, 'start it again')),
    ...elsewhere
      .slice(0, 3)
      .map(({name}) =>
        cureBy(`stop ${name}, and start it where it runs`, ...hubMon(snapshot, 'workers', 'shutdown', name)),
      ),
    ...(elsewhere.length === 0
      ? []
      : [decide('where its process stays although it has left (Celery 5.6), end that with SIGKILL')]),
    decide('upgrade Celery: 5.2.3 to 5.5.0 are known to stop consuming after Redis was away for a moment'),
    confirmBy('whether the queue moves', ...hubMon(snapshot, 'queues', '--watch', '2s')),
    confirmBy('who waits for messages (cmd=brpop)', ...redisCli(snapshot, 'CLIENT', 'LIST')),
  ]
}
