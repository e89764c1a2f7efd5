import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {CeleryFacts, Queue} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, hubMon, listed} from './names.ts'

export const celeryTasksRegistered = defineCheck({
  id: 'celery.tasks-registered',
  category: 'celery',
  title: 'Nodes know the tasks that wait',
  why: 'A node that has not registered a task discards its message on delivery: the work is lost, with a line in a log.',
  looksAt:
    'The tasks in the messages at both ends of each queue against those that its nodes have registered.',
  confirm: ['hub-mon queues', 'docker exec hub-celery-worker celery -A app.celery_app inspect registered'],
  cure: [
    '# deploy the code that has the task (include, imports), then: hub-mon restart celery-worker',
    'docker exec hub-celery-worker celery -A app.celery_app control cancel_consumer emails',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  asks: {messages: true},
  follows: ['celery.nodes-online', {check: 'celery.nodes-alike', of: 'the-same'}],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    const waiting = celery.queues.filter(({ready, consumers}) => ready > 0 && consumers?.length !== 0)
    if (waiting.length === 0)
      return pass(
        celery.queues.some(({ready}) => ready > 0) ? 'nothing waits where a node consumes' : 'nothing waits',
      )
    const looked = waiting.filter(({sample}) => sample !== null)
    const judged = looked.flatMap(queue => strangersIn(queue, celery) ?? [])
    const strange = judged.filter(({lacking}) => lacking > 0)
    if (strange.length > 0)
      return fail(listed(strange.map(inWords)), {
        affects: [...new Set(strange.flatMap(({task, queue}) => [task, queue]))],
        evidence: strange.slice(0, 5).map(({task, queue, messages}) => ({
          ...{label: `${task} in ${queue}`, value: messages, unit: 'count'},
        })),
        remedies: remediesFor(snapshot, [...new Set(strange.map(({queue}) => queue))]),
      })
    if (judged.length === 0)
      return skip(
        looked.length === 0
          ? 'waiting messages were not looked at'
          : 'what nodes have registered is not known',
      )
    return pass(`${plural(judged.length, 'kind')} of waiting tasks, all known`)
  },
})

type Waiting = {
  task: string
  queue: string
  /** Of those looked at. */
  messages: number
  /** Nodes that consume the queue, and those of them that do not know the task. */
  consumers: number
  lacking: number
}

/** Tasks seen in a queue; `null` where not all of its nodes tell what they know. */
function strangersIn({name, consumers, sample}: Queue, {nodes, registered}: CeleryFacts): Waiting[] | null {
  const names = new Set(consumers)
  const own = nodes.filter(node => names.has(node.name))
  // How many nodes have each list: those of one release share one.
  const sharing = new Map<number, number>()
  for (const node of own) {
    if (node.registered === null || registered[node.registered] === undefined) return null
    sharing.set(node.registered, (sharing.get(node.registered) ?? 0) + 1)
  }
  if (own.length === 0) return null
  return (sample?.byTask ?? []).flatMap(({task, messages}) => {
    if (task === null) return []
    const without = [...sharing].filter(([list]) => !registered[list]?.includes(task))
    const lacking = without.reduce((sum, [, many]) => sum + many, 0)
    return [{task, queue: name, messages, consumers: own.length, lacking}]
  })
}

function inWords({task, queue, messages, consumers, lacking}: Waiting): string {
  const waits = `${task} (${messages} seen in ${queue})`
  return lacking === consumers
    ? `${waits} is registered at no node that consumes it: delivered, it is discarded`
    : `${waits} is not registered at ${lacking} of ${consumers} nodes that consume it: delivered there, it is discarded`
}

function remediesFor(snapshot: Snapshot, queues: readonly string[]): Remedy[] {
  const registered = celeryCli(snapshot, 'inspect', 'registered')
  return [
    decide('deploy the code that has the task to these nodes (include, imports), and restart them'),
    ...queues.slice(0, 3).flatMap(queue => {
      const keep = celeryCli(snapshot, 'control', 'cancel_consumer', queue)
      return keep === null
        ? []
        : [cureBy(`meanwhile let nobody take from ${queue}, so that nothing is lost`, ...keep)]
    }),
    confirmBy('what waits', ...hubMon(snapshot, 'queues')),
    ...(registered === null ? [] : [confirmBy('what the nodes know', ...registered)]),
  ]
}
