import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {type CeleryFacts, censusOf, type Queue} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, listed, redisCli} from './names.ts'
import {notKnownToAll, tasksIn} from './waiting.ts'

/** More queues than these have the same trouble, and the same commands. */
const mostShown = 5

export const celeryQueueConsumers = defineCheck({
  id: 'celery.queue-consumers',
  category: 'celery',
  title: 'Every queue has a consumer',
  why: 'Messages in a queue that no node consumes wait for ever, and nothing reports it.',
  looksAt:
    'The queues found in Redis against those that the online nodes say they consume, and what waits in them.',
  confirm: ['hub-mon queues', 'docker exec hub-celery-worker celery -A app.celery_app inspect active_queues'],
  cure: ['docker exec hub-celery-worker celery -A app.celery_app control add_consumer emails'],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  asks: {messages: true},
  follows: ['celery.nodes-online', 'celery.nodes-answering'],
  judge(snapshot, {celery}) {
    const known = celery.queues.filter(({consumers}) => consumers !== null)
    if (celery.queues.length > 0 && known.length === 0) return skip('no node could be asked what it consumes')
    const orphans = known.filter(({consumers}) => consumers?.length === 0).sort((a, b) => b.ready - a.ready)
    if (orphans.length === 0) return pass(known.length === 0 ? 'no queue yet' : 'each has one')
    const waiting = orphans.some(({ready}) => ready > 0)
    const active = celeryCli(snapshot, 'inspect', 'active_queues')
    // A silent node may.
    const who = (censusOf(celery)?.hung ?? 0) > 0 ? 'no node that answers' : 'no node'
    return fail(`${who} consumes ${listed(orphans.map(inWords))}`, {
      severity: waiting ? 'warning' : 'notice',
      affects: orphans.map(({name}) => name),
      evidence: orphans
        .slice(0, mostShown)
        .flatMap(queue => [
          {label: queue.name, value: queue.ready, unit: 'count' as const},
          ...tasksIn(queue),
        ]),
      remedies: [
        ...orphans.slice(0, mostShown).flatMap(queue => cureOf(queue, snapshot, celery)),
        decide('add it to -Q of a worker for good, or correct the route that fills it'),
        ...(active === null ? [] : [confirmBy('who consumes what', ...active)]),
        ...orphans
          .slice(0, mostShown)
          .map(({name}) => confirmBy('how many wait', ...redisCli(snapshot, 'LLEN', name))),
      ],
    })
  },
})

/** Nodes that do not know what waits would throw it away. */
function cureOf(queue: Queue, snapshot: Snapshot, celery: CeleryFacts): Remedy[] {
  const unknown = notKnownToAll(queue, celery)
  if (unknown.length > 0)
    return [
      decide(
        `start a node for ${queue.name} (-Q) that has registered ${listed(unknown)}: those that are online would discard it`,
      ),
    ]
  const consume = celeryCli(snapshot, 'control', 'add_consumer', queue.name)
  return consume === null ? [] : [cureBy('let the nodes consume it until their next start', ...consume)]
}

function inWords({name, ready}: Queue): string {
  return `${name} (${plural(ready, 'message')})`
}
