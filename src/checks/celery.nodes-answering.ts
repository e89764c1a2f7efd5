import {confirmBy, decide, type Remedy} from '../report/finding.ts'
import {type CeleryFacts, censusOf, silentInWords} from '../snapshot/celery.ts'
import type {Container} from '../snapshot/docker.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {restartAgain, unpause} from './fixable.ts'
import {affectedBy, containerOfNode, containersOf, hubMon, lastWords, soloInCommand} from './names.ts'
import {giveItTime, mayStillStart} from './starting.ts'

/** More containers than these have the same trouble, and the same commands. */
const mostShown = 3

export const celeryNodesAnswering = defineCheck({
  id: 'celery.nodes-answering',
  category: 'celery',
  title: 'Every connected node answers',
  why: 'A node that hangs keeps its connections and its container stays up, but none of its tasks goes on.',
  looksAt:
    'Subscribers of remote control against the nodes that answered a ping, and the names that did not.',
  confirm: [
    'hub-mon workers',
    'docker exec hub-celery-worker celery -A app.celery_app inspect ping',
    'docker top hub-celery-worker',
    'docker logs --tail 20 hub-celery-worker',
  ],
  cure: ['hub-mon restart celery-worker', 'docker unpause hub-celery-worker'],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  reads: ['docker'],
  follows: [{check: 'stack.running', of: 'the-same'}, 'redis.writable'],
  judge(snapshot, {celery}) {
    const census = censusOf(celery)
    if (census === null) return skip('no node was asked')
    const {answered, hung} = census
    if (hung === 0)
      return answered === 0 ? skip('no node is connected') : pass(`${answered} of ${answered} answered`)
    const silent = containersOfSilent(snapshot, celery)
    const solo = silent.length > 0 && silent.every(soloInCommand)
    const hanging = silentInWords(celery) ?? ''
    return fail(solo ? `${hanging} (a solo pool is silent while it works)` : hanging, {
      severity: solo ? 'notice' : answered === 0 ? 'critical' : 'warning',
      affects: [
        ...(silent.length === 0
          ? affectedBy(snapshot, 'worker')
          : [...new Set(silent.map(({service}) => service))]),
        ...celery.silent,
      ],
      evidence: [
        {label: 'connected to Redis', value: answered + hung, unit: 'count'},
        {label: 'answered', value: answered, unit: 'count', bound: `below ${answered + hung}`},
        {label: 'waited for', value: celery.probe?.seconds ?? null, unit: 'seconds'},
      ],
      remedies: remediesFor(snapshot, silent),
    })
  },
})

/** Where the silent nodes run, as far as their names tell; else every container of a worker. */
function containersOfSilent(snapshot: Snapshot, {silent, nodes}: CeleryFacts): Container[] {
  const found = silent.flatMap(name => containerOfNode(snapshot, name) ?? [])
  if (found.length > 0) return [...new Set(found)]
  const answering = new Set(nodes.map(({name}) => containerOfNode(snapshot, name)?.name))
  return containersOf(snapshot, 'worker').filter(({name}) => !answering.has(name))
}

function remediesFor(snapshot: Snapshot, silent: readonly Container[]): Remedy[] {
  const shown = silent.slice(0, mostShown)
  const who = confirmBy('which nodes answer', ...hubMon(snapshot, 'workers'))
  if (shown.length === 0) return [decide('restart the silent node where it runs; read its log first'), who]
  const running = shown.filter(({state}) => state === 'running')
  return [
    ...shown.filter(({state}) => state === 'paused').map(unpause),
    ...giveItTime(snapshot),
    ...[...new Set(running.map(({service}) => service))].map(service =>
      restartAgain(snapshot, service, 'start it again', mayStillStart(snapshot, service)),
    ),
    ...running.map(({name}) => confirmBy('whether its processes work', 'docker', 'top', name)),
    ...shown.flatMap(lastWords),
    who,
  ]
}
