import {duration} from '../render/text/duration.ts'
import {percent, plural} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {celeryCli, redisCliIn} from './names.ts'

const most = 0.5

export const celeryResultsExpire = defineCheck({
  id: 'celery.results-expire',
  category: 'celery',
  title: 'Results expire',
  why: 'Results that stay for ever fill Redis, and a full Redis takes no more tasks.',
  looksAt: 'A bounded look at keys of the result backend: how many of them have no expiry.',
  confirm: [
    'docker exec hub-redis redis-cli INFO keyspace',
    'docker exec hub-celery-worker celery -A app.celery_app inspect conf',
  ],
  cure: [
    '# result_expires = 86400 in the application, or ignore_result=True for tasks nobody asks, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['results'],
  reads: ['celery'],
  judge(snapshot, {results: {expiry, database}}) {
    if (expiry === null) return skip('results could not be looked at')
    const {looked, withoutExpiry} = expiry
    if (looked === 0) return skip('there is no result yet')
    if (withoutExpiry === 0) return pass(`all of ${looked} that were looked at`)
    const conf = celeryCli(snapshot, 'inspect', 'conf')
    return fail(
      `${withoutExpiry} of ${plural(looked, 'result')} that were looked at never expire${setTo(snapshot)}`,
      {
        severity: withoutExpiry / looked > most ? 'warning' : 'notice',
        evidence: [
          {
            ...{label: 'without expiry', value: withoutExpiry / looked, unit: 'ratio'},
            bound: `warning above ${percent(most)}`,
          },
          {label: 'looked at', value: looked, unit: 'count'},
        ],
        remedies: [
          decide(
            'set result_expires (a day by default) in every application, and ignore_result=True for tasks whose result nobody reads',
          ),
          confirmBy(
            'keys, and how many of them expire',
            ...redisCliIn(snapshot, database, 'INFO', 'keyspace'),
          ),
          ...(conf === null ? [] : [confirmBy('what the nodes are set to', ...conf)]),
        ],
      },
    )
  },
})

/** What the nodes say of it, when they say the same. */
function setTo({sources}: Snapshot): string {
  const told = new Set(
    (factsFrom(sources.celery)?.nodes ?? []).flatMap(({conf}) =>
      conf === null ? [] : [conf.resultExpiresSeconds],
    ),
  )
  const [only] = told
  if (told.size !== 1 || only === undefined) return ''
  return only === null
    ? ': result_expires is None'
    : `, though result_expires is ${duration(only)}: another application writes them, or they are older than the setting`
}
