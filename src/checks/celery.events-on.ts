import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {Node} from '../snapshot/celery.ts'
import type {FlowerFacts} from '../snapshot/flower.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, celeryCli, containerOfNode, listed} from './names.ts'

/** Flower tells the nodes to send events every 5 s; after this an event has had every chance to arrive. */
const flowerSettledSeconds = 60

export const celeryEventsOn = defineCheck({
  id: 'celery.events-on',
  category: 'celery',
  title: 'Nodes send task events',
  why: 'Flower counts tasks by their events alone: without them it shows none, and no rate can be told.',
  looksAt:
    "worker_send_task_events of each node, -E in its container's command, and the events that Flower counted.",
  confirm: [
    'docker exec hub-celery-worker celery -A app.celery_app inspect conf',
    'curl -s http://127.0.0.1:5555/metrics',
  ],
  cure: [
    'docker exec hub-celery-worker celery -A app.celery_app control enable_events',
    '# -E in the command of the worker, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  reads: ['docker', 'flower'],
  judge(snapshot, {celery}) {
    if (celery.nodes.length === 0) return skip('no node was heard')
    const flower = factsFrom(snapshot.sources.flower)?.tasks ?? null
    const quiet = celery.nodes.filter(node => !isKnownOn(snapshot, node, flower))
    if (quiet.length === 0) return pass(`on at ${plural(celery.nodes.length, 'node')}`)
    const missed = quiet.filter(node => missedBy(node, flower, snapshot.takenAt))
    if (missed.length === 0) return skip(`whether ${namesOf(quiet)} sends them cannot be seen`)
    const enable = celeryCli(snapshot, 'control', 'enable_events')
    const conf = celeryCli(snapshot, 'inspect', 'conf')
    const accepted = missed.reduce((sum, node) => sum + acceptedBy(node), 0)
    return fail(`${namesOf(missed)} accepted ${plural(accepted, 'task')}, Flower saw no event of them`, {
      affects: [...affectedBy(snapshot, 'worker'), ...missed.map(({name}) => name)],
      evidence: missed.slice(0, 5).map(node => ({
        label: `accepted by ${node.name}`,
        value: acceptedBy(node),
        unit: 'count',
      })),
      remedies: [
        ...(enable === null ? [] : [cureBy('turn them on until the next start', ...enable)]),
        decide('add -E to the command of the worker for good'),
        ...(conf === null ? [] : [confirmBy('what the nodes are set to', ...conf)]),
      ],
    })
  },
})

function isKnownOn(snapshot: Snapshot, node: Node, flower: FlowerFacts['tasks']): boolean {
  const command = containerOfNode(snapshot, node.name)?.command.flatMap(word => word.split(/\s+/)) ?? []
  return (
    (flower?.eventsByNode[node.name] ?? 0) > 0 ||
    node.conf?.sendsTaskEvents === true ||
    command.some(word => word === '-E' || word === '--task-events')
  )
}

/** Flower has been there for all of the node's tasks, and long enough. */
function missedBy(node: Node, flower: FlowerFacts['tasks'], takenAt: string): boolean {
  if (flower === null || flower.since === null || node.uptimeSeconds === null) return false
  const flowerUp = (Date.parse(takenAt) - Date.parse(flower.since)) / 1000
  return acceptedBy(node) > 0 && flowerUp > flowerSettledSeconds && flowerUp > node.uptimeSeconds
}

function acceptedBy({accepted}: Node): number {
  return Object.values(accepted).reduce((sum, one) => sum + one, 0)
}

function namesOf(nodes: readonly Node[]): string {
  return listed(nodes.map(({name}) => name))
}
