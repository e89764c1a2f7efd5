import {celeryPoolProcesses as metric} from '../metrics/celery-pool-processes.ts'
import {evaluate} from '../metrics/evaluate.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, celeryCli, hubMon, servicesOf} from './names.ts'

export const celeryPoolProcesses = defineCheck({
  id: 'celery.pool-processes',
  category: 'celery',
  title: 'As many pool processes as expected',
  why: 'Each pool process runs one task at a time; with fewer of them the queues grow.',
  looksAt:
    'The pool processes of all online nodes against --concurrency of the workers, or the configuration.',
  confirm: [
    'docker exec hub-celery-worker celery -A app.celery_app inspect stats',
    'docker top hub-celery-worker',
  ],
  cure: ['hub-mon restart celery-worker'],
  severity: 'warning',
  phase: 'running',
  metric: 'celery_pool_processes',
  needs: ['celery'],
  follows: ['celery.nodes-online', 'celery.nodes-answering'],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    const total = evaluate(metric, snapshot).find(({labels}) => labels.node === undefined)
    if (total === undefined || total.value === null) return skip('a node did not tell its pool')
    const wanted = snapshot.expected.poolProcesses
    const has = `${plural(total.value, 'pool process', 'pool processes')} on ${plural(celery.nodes.length, 'node')}`
    if (wanted === null) return pass(`${has}; how many are expected is not set`)
    if (total.targetMet !== false) return pass(`${has}, ${wanted.value} expected`)
    const stats = celeryCli(snapshot, 'inspect', 'stats')
    return fail(`${has}, ${wanted.value} expected (${wanted.from})`, {
      affects: affectedBy(snapshot, 'worker'),
      evidence: celery.nodes.slice(0, 10).map(({name, poolProcesses}) => ({
        ...{label: name, value: poolProcesses, unit: 'count'},
      })),
      remedies: [
        ...servicesOf(snapshot, 'worker').map(service =>
          cureBy('start the pool anew', ...hubMon(snapshot, 'restart', service)),
        ),
        ...(stats === null ? [] : [confirmBy('what the nodes say of their pools', ...stats)]),
      ],
    })
  },
})
