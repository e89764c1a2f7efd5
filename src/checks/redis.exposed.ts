import {cureBy, decide} from '../report/finding.ts'
import type {Reading} from '../snapshot/reading.ts'
import type {RedisFacts} from '../snapshot/redis.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {affectedBy, containersOf, hubMon} from './names.ts'
import {exposureOf} from './published.ts'

export const redisExposed = defineCheck({
  id: 'redis.exposed',
  category: 'redis',
  title: 'Redis is not open to the network',
  why: 'Whoever reaches a Redis without a password owns the hub; such ports are found and taken over within hours.',
  looksAt: "The addresses that Redis's port is published on, and whether it asks for a password.",
  confirm: ['docker port hub-redis'],
  cure: ['# publish it on 127.0.0.1, or not at all, in the compose file, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['redis'],
  follows: [{check: 'security.around-the-proxy', of: 'the-same'}],
  appliesTo: onCompose,
  judge(snapshot) {
    if (containersOf(snapshot, 'redis').length === 0) return skip('no container of this stack runs Redis')
    const open = exposureOf(snapshot, 'redis')
    if (open === null) return pass('published on loopback alone, or not at all')
    const asks = asksPassword(snapshot.sources.redis)
    const how =
      asks === true
        ? 'with a password'
        : asks === false
          ? 'without a password'
          : 'and whether it asks for a password could not be told'
    return fail(`published on ${open.where}, ${how}`, {
      severity: asks === false ? 'critical' : 'warning',
      affects: affectedBy(snapshot, 'redis'),
      evidence: open.evidence,
      remedies: [
        decide('publish it on 127.0.0.1, or not at all: nodes reach it over the network of the project'),
        ...(asks === true ? [] : [decide('set a password (--requirepass) and use it in CELERY_BROKER_URL')]),
        cureBy('apply it', ...hubMon(snapshot, 'up')),
        ...open.confirm,
      ],
    })
  },
})

/** A Redis that turned us away for want of a password has told, too. */
function asksPassword(reading: Reading<RedisFacts> | undefined): boolean | null {
  if (reading === undefined) return null
  if (reading.status !== 'unavailable') return reading.value.asksPassword
  return reading.error.code === 'no-auth' ? true : null
}
