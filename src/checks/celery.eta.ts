import {count} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {type CeleryFacts, censusOf} from '../snapshot/celery.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {hubMon, redisCli} from './names.ts'

const most = 1000

export const celeryEta = defineCheck({
  id: 'celery.eta',
  category: 'celery',
  title: 'Few tasks are held for an ETA',
  why: 'Nodes take tasks with an ETA at once, all of them, and keep them in memory until their time: no prefetch limits it.',
  looksAt:
    'Tasks that nodes hold for their ETA; where nodes are not asked for them, unacknowledged messages that are neither running nor reserved.',
  confirm: [
    'hub-mon tasks --scheduled',
    'docker exec hub-redis redis-cli HLEN unacked',
    'docker exec hub-celery-worker celery -A app.celery_app inspect scheduled',
  ],
  cure: [
    '# keep what is far away in a scheduler (celery beat, a table); worker_eta_task_limit from Celery 5.6 on',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  follows: ['celery.nodes-online', 'celery.nodes-answering', {check: 'celery.unacked', of: 'the-same'}],
  judge(snapshot, {celery}) {
    const held = toldBy(celery) ?? leftIn(celery)
    if (held === null) return skip('how many are held cannot be told')
    if (held.tasks <= most)
      return pass(held.tasks === 0 ? 'none is held' : `${held.about}${count(held.tasks)} held`)
    return fail(`nodes hold ${held.about}${count(held.tasks)} tasks for an ETA, in memory`, {
      affects: celery.nodes
        .filter(({scheduled}) => scheduled === null || scheduled > 0)
        .map(({name}) => name),
      evidence: [
        {label: 'held for an ETA', value: held.tasks, unit: 'count', bound: `above ${count(most)}`},
        {label: 'unacknowledged', value: celery.unacked.messages, unit: 'count'},
        ...celery.nodes
          .slice(0, 5)
          .flatMap(({name, scheduled}) =>
            scheduled === null ? [] : [{label: name, value: scheduled, unit: 'count' as const}],
          ),
      ],
      remedies: [
        decide(
          'keep what is far away in a scheduler (celery beat, a table), or bound it: worker_eta_task_limit from Celery 5.6 on',
        ),
        // Beyond a bound nodes are not asked what they hold: it would list nothing.
        ...(celery.nodes.some(({scheduled}) => scheduled !== null)
          ? [confirmBy('the soonest of them', ...hubMon(snapshot, 'tasks', '--scheduled'))]
          : []),
        confirmBy('all that is delivered', ...redisCli(snapshot, 'HLEN', 'unacked')),
      ],
    })
  },
})

type Held = {tasks: number; about: '' | 'about '}

function toldBy(celery: CeleryFacts): Held | null {
  const census = censusOf(celery)
  if (census === null || census.hung > 0 || census.answered > celery.nodes.length) return null
  const told = celery.nodes.map(({scheduled}) => scheduled)
  if (told.length === 0 || told.includes(null)) return null
  return {tasks: told.reduce<number>((sum, one) => sum + (one ?? 0), 0), about: ''}
}

/** What is delivered and not acknowledged for another reason than to run soon, by the share of ETAs in the sample. */
function leftIn({unacked, nodes}: CeleryFacts): Held | null {
  if (unacked.messages === null) return null
  if (unacked.messages <= most)
    return {tasks: unacked.sample?.filter(({eta}) => eta !== null).length ?? 0, about: 'about '}
  if (unacked.sample === null || unacked.sample.length === 0) return null
  const ratio = unacked.sample.filter(({eta}) => eta !== null).length / unacked.sample.length
  const soon = nodes.reduce(
    (sum, {active, reserved}) =>
      sum + (reserved ?? 0) + active.filter(({acknowledged}) => acknowledged === false).length,
    0,
  )
  return {
    tasks: Math.max(0, Math.min(Math.round(unacked.messages * ratio), unacked.messages - soon)),
    about: 'about ',
  }
}
