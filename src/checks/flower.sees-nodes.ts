import {confirmBy, decide} from '../report/finding.ts'
import {unreadableNodes} from '../snapshot/celery.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {restartAgain} from './fixable.ts'
import {affectedBy, listed, servicesOf} from './names.ts'

/** Nodes send a heartbeat every 2 s; Flower that has just started has not heard them yet. */
const settledSeconds = 10

export const flowerSeesNodes = defineCheck({
  id: 'flower.sees-nodes',
  category: 'flower',
  title: 'Flower sees the nodes that Celery has',
  why: 'A Flower that is connected elsewhere, or has lost its connection, shows a hub that is not there.',
  looksAt: "Flower's nodes against those that answered the remote-control ping.",
  confirm: ['curl -s "http://127.0.0.1:5555/api/workers?status=1"', 'docker logs --tail 20 hub-flower'],
  cure: ['hub-mon restart flower'],
  severity: 'warning',
  phase: 'running',
  needs: ['flower', 'celery'],
  follows: ['celery.nodes-online', 'celery.nodes-answering'],
  judge(snapshot, {flower, celery}) {
    if (flower.nodes === null) return skip("Flower's nodes may not be read (flower.api)")
    if (celery.probe === null) return skip('no node was asked')
    const since = flower.tasks?.since ?? null
    if (since !== null && (Date.parse(snapshot.takenAt) - Date.parse(since)) / 1000 < settledSeconds)
      return skip('Flower has just started')
    if (unreadableNodes(celery) > 0) return skip('which nodes answered cannot be told: some did in pickle')
    const seen = new Map(flower.nodes.map(({name, online}) => [name, online]))
    const answered = celery.nodes.map(({name}) => name)
    const unseen = answered.filter(name => !seen.has(name))
    // One missed heartbeat is enough for Flower to call a node offline.
    const late = answered.filter(name => seen.get(name) === false)
    const ghosts = flower.nodes
      .filter(({name, online}) => online && !answered.includes(name))
      .map(({name}) => name)
    const parts = [
      said(unseen, 'answers Celery but Flower does not know it'),
      said(late, 'answers Celery but Flower calls it offline'),
      said(ghosts, 'is online for Flower but does not answer'),
    ].filter(part => part !== '')
    if (parts.length === 0) return pass(`both see ${answered.length}`)
    return fail(parts.join('; '), {
      severity: unseen.length > 0 ? 'warning' : 'notice',
      affects: [...affectedBy(snapshot, 'flower'), ...unseen, ...late, ...ghosts],
      evidence: [
        {label: 'answered', value: answered.length, unit: 'count'},
        {label: 'online in Flower', value: flower.nodes.filter(({online}) => online).length, unit: 'count'},
      ],
      remedies: [
        ...servicesOf(snapshot, 'flower').map(service =>
          restartAgain(snapshot, service, 'let Flower connect again'),
        ),
        confirmBy('what Flower sees', 'curl', '-s', `${flower.url}/api/workers?status=1`),
        decide('compare the broker URLs: same Redis, same database'),
      ],
    })
  },
})

function said(names: readonly string[], what: string): string {
  return names.length === 0 ? '' : `${listed(names)} ${what}`
}
