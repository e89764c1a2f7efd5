import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, hubMon, listed} from './names.ts'

export const celeryNodeNames = defineCheck({
  id: 'celery.node-names',
  category: 'celery',
  title: 'Every node has a name of its own',
  why: 'Nodes that share a name answer for each other: commands reach either of them, and Flower shows one for both.',
  looksAt: 'Names that more than one node answered under.',
  confirm: ['hub-mon workers', 'docker exec hub-celery-worker celery -A app.celery_app inspect ping'],
  cure: ['# -n worker@%h in the command of the service, no fixed hostname, then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    if (celery.duplicates.length === 0) return pass('no name twice')
    const ping = celeryCli(snapshot, 'inspect', 'ping')
    return fail(`more than one node answers as ${listed(celery.duplicates)}`, {
      affects: celery.duplicates,
      evidence: celery.duplicates.slice(0, 5).map(name => ({label: 'name', value: name})),
      remedies: [
        decide('put %h into the node name (-n worker@%h) and give replicas no fixed hostname'),
        confirmBy('which nodes there are', ...hubMon(snapshot, 'workers')),
        ...(ping === null ? [] : [confirmBy('who answers', ...ping)]),
      ],
    })
  },
})
