import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {CeleryFacts, Node} from '../snapshot/celery.ts'
import {canGrow, couldTake, isBusy} from './capacity.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, hubMon, listed} from './names.ts'

/** Tasks that run longer keep what waits behind them long enough to be missed. */
const longSeconds = 60

export const celeryPrefetch = defineCheck({
  id: 'celery.prefetch',
  category: 'celery',
  title: 'No node hoards what another could do',
  why: 'What a busy node has taken ahead waits for it alone, while another node that could run it has nothing to do.',
  looksAt:
    'Nodes with every pool process busy and the same reserved tasks in two looks, beside an idle node of the same queue.',
  confirm: [
    'hub-mon tasks --reserved',
    'docker exec hub-celery-worker celery -A app.celery_app inspect reserved',
    'docker exec hub-celery-worker celery -A app.celery_app inspect active',
  ],
  cure: [
    'hub-mon workers pool grow celery@hub-celery-worker',
    '# worker_prefetch_multiplier = 1, for long tasks with task_acks_late = True, then: hub-mon up',
  ],
  severity: 'notice',
  phase: 'running',
  needs: ['celery'],
  asks: {secondLook: 'when-suspicious'},
  follows: ['celery.consuming'],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    if (celery.nodes.length === 1) return pass('one node: nobody to keep anything from')
    const empty = new Set(celery.queues.filter(({ready}) => ready === 0).map(({name}) => name))
    const free = celery.nodes.filter(node => isIdle(node, celery))
    const hoarding = celery.nodes.filter(
      node => hoards(node) && free.some(one => couldHelp(one, node, empty)),
    )
    if (hoarding.length === 0) return pass('no node is idle beside one that holds work back')
    const sure = hoarding.filter(({reservedUnchanged}) => reservedUnchanged === true)
    if (sure.length === 0) {
      const looked = hoarding.some(({reservedUnchanged}) => reservedUnchanged === false)
      return looked ? pass('what is reserved moves on') : skip('the nodes were asked only once')
    }
    const idle = free.filter(one => sure.some(node => couldHelp(one, node, empty)))
    const reserved = sure.reduce((sum, node) => sum + (node.reserved ?? 0), 0)
    const longest = Math.max(...sure.map(leastRunning))
    const inspect = celeryCli(snapshot, 'inspect', 'reserved')
    return fail(
      `${listed(sure.map(({name}) => name))} ${sure.length === 1 ? 'holds' : 'hold'} ${plural(reserved, 'reserved task')} behind busy pool processes while ${listed(idle.map(({name}) => name))} ${idle.length === 1 ? 'is' : 'are'} idle`,
      {
        severity: longest > longSeconds ? 'warning' : 'notice',
        affects: [...sure, ...idle].map(({name}) => name),
        evidence: sure.slice(0, 5).flatMap(node => [
          {label: `reserved by ${node.name}`, value: node.reserved, unit: 'count' as const},
          {
            ...{
              label: `behind tasks that run for at least`,
              value: leastRunning(node),
              unit: 'seconds' as const,
            },
            bound: `warning above ${duration(longSeconds)}`,
          },
        ]),
        remedies: [
          ...sure
            .filter(canGrow)
            .slice(0, 3)
            .map(({name}) =>
              cureBy(
                'a pool process more takes the next at once, until the next start',
                ...hubMon(snapshot, 'workers', 'pool', 'grow', name),
              ),
            ),
          decide(
            'worker_prefetch_multiplier = 1, with task_acks_late = True for long tasks (or worker_disable_prefetch from Celery 5.6 on)',
          ),
          confirmBy('what waits on which node', ...hubMon(snapshot, 'tasks', '--reserved')),
          ...(inspect === null ? [] : [confirmBy('what the nodes hold', ...inspect)]),
        ],
      },
    )
  },
})

/** Everything that it could do is done, and it could do more. */
function isIdle(node: Node, celery: CeleryFacts): boolean {
  return node.active.length === 0 && node.reserved === 0 && couldTake(node, celery)
}

function hoards(node: Node): boolean {
  return (node.reserved ?? 0) > 0 && isBusy(node)
}

/** Would have been given what the other one holds: it consumes the same queue, and that is empty. */
function couldHelp(idle: Node, {name, queues, reservedTasks}: Node, empty: ReadonlySet<string>): boolean {
  const held = new Set(reservedTasks.map(({queue}) => queue))
  return (
    idle.name !== name &&
    (idle.queues ?? []).some(
      queue => queues?.includes(queue) && empty.has(queue) && (held.size === 0 || held.has(queue)),
    )
  )
}

/** What the first pool process to be free has run for; 0 when not told. */
function leastRunning({active}: Node): number {
  return active.length === 0 ? 0 : Math.min(...active.map(({runningSeconds}) => runningSeconds ?? 0))
}
