import {evaluate} from '../metrics/evaluate.ts'
import {queueMessages} from '../metrics/queue-messages.ts'
import {count, plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {canGrow} from './capacity.ts'
import {defineCheck, pass} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {hubMon, listed} from './names.ts'
import {movesOf, tasksIn} from './waiting.ts'

export const celeryQueueDepth = defineCheck({
  id: 'celery.queue-depth',
  category: 'celery',
  title: 'The queues are short',
  why: 'A queue that grows says that tasks come faster than they are done: each new one waits longer.',
  looksAt:
    'The metric queue_messages: ready messages of each queue, all priority lists added up; a warning above 10.',
  confirm: ['hub-mon queues --watch 2s', 'docker exec hub-redis redis-cli LLEN celery'],
  cure: ['hub-mon workers pool grow celery@hub-celery-worker 2'],
  severity: 'warning',
  phase: 'running',
  metric: 'queue_messages',
  needs: ['celery'],
  asks: {messages: true},
  follows: [
    'celery.nodes-online',
    'celery.nodes-answering',
    {check: 'celery.consuming', of: 'the-same'},
    {check: 'celery.queue-consumers', of: 'the-same'},
    {check: 'celery.running-tasks', of: 'the-same'},
    {check: 'stack.running', of: 'worker'},
    'redis.writable',
  ],
  judge(snapshot, {celery}) {
    if (celery.queues.length === 0) return pass('nothing waits')
    return judgeSamples(evaluate(queueMessages, snapshot), {
      subject: ({labels}) => labels.queue ?? '',
      say: ({labels, value}) => `${labels.queue} holds ${plural(value ?? 0, 'message')}`,
      pass: judged =>
        listed(
          [...judged]
            .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
            .map(({labels, value}) => `${labels.queue} ${count(value ?? 0)}`),
        ),
      evidence: alerting => [
        {label: 'unacknowledged', value: celery.unacked.messages, unit: 'count'},
        ...alerting.slice(0, 3).flatMap(({labels}) => {
          const queue = celery.queues.find(({name}) => name === labels.queue)
          return queue === undefined ? [] : [...tasksIn(queue), ...movesOf(queue)]
        }),
      ],
      remedies: alerting => [
        ...growing(celery, alerting[0]?.labels.queue).map(name =>
          cureBy(
            'two more pool processes until the next start',
            ...hubMon(snapshot, 'workers', 'pool', 'grow', name, '2'),
          ),
        ),
        confirmBy('whether it grows', ...hubMon(snapshot, 'queues')),
        decide('raise --concurrency, add a worker, or find the slow task'),
      ],
    })
  },
})

/** A node that could do more of what waits in a queue. */
function growing({queues, nodes}: CeleryFacts, queue: string | undefined): string[] {
  const consumers = queues.find(({name}) => name === queue)?.consumers ?? []
  const node = nodes.find(candidate => consumers.includes(candidate.name) && canGrow(candidate))
  return node === undefined ? [] : [node.name]
}
