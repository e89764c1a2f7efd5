import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {affectedBy, containersOf, hubMon, redisCli} from './names.ts'
import {addressWords, evidenceOf, servicesAt} from './outside-addresses.ts'
import {closeIt, inProduction, weightOf} from './production.ts'

export const securityRedisPassword = defineCheck({
  id: 'security.redis-password',
  category: 'security',
  title: 'Redis answers nobody without a password',
  why: 'Redis runs what stands in its queues: whoever may write there runs tasks of their own, and whoever may read there reads all arguments and results.',
  looksAt:
    'What Redis answers to PING without a password, at its published addresses and inside; in production, whether our own user is another than `default`.',
  confirm: ['docker exec hub-redis redis-cli PING'],
  cure: ['hub-mon up --production   # docs/production.md'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['redis', 'outside'],
  follows: [
    {check: 'redis.exposed', of: 'the-same'},
    {check: 'security.around-the-proxy', of: 'the-same'},
  ],
  appliesTo: onCompose,
  judge(snapshot) {
    if (containersOf(snapshot, 'redis').length === 0) return skip('no container of this stack runs Redis')
    const published = (factsFrom(snapshot.sources.outside)?.addresses ?? []).filter(
      ({redisAsks}) => redisAsks !== null,
    )
    const open = published.filter(({redisAsks}) => redisAsks === false)
    const inside = asksInside(snapshot)
    if (open.length === 0 && inside === null && published.length === 0)
      return skip('whether Redis asks for a password could not be told')
    if (open.length === 0 && inside !== false) return asking(snapshot, published)
    const beyond = containersOf(snapshot, 'redis').some(({ports}) =>
      ports.some(({hostIp}) => isBeyondLoopback(hostIp)),
    )
    const where = open.length > 0 ? ` at ${addressWords(open)}` : ''
    return fail(
      `Redis does what anybody asks${where}${beyond ? '' : ', on this machine and its networks alone'}`,
      {
        severity: weightOf(snapshot, 'critical', beyond),
        affects: open.length > 0 ? servicesAt(open) : affectedBy(snapshot, 'redis'),
        evidence:
          open.length > 0
            ? evidenceOf(open, () => 'answers PING without a password')
            : [{label: 'asks for a password', value: false}],
        remedies: [
          ...askAgain(snapshot),
          ...closeIt(snapshot, 'users of Redis with passwords, and none without'),
          confirmBy('what it answers', ...redisCli(snapshot, 'PING')),
        ],
      },
    )
  },
})

/** In production its users stand in a file: what was changed while it ran goes with a restart. */
function askAgain(snapshot: Snapshot): Remedy[] {
  const redis = containersOf(snapshot, 'redis').find(({production}) => production?.secrets != null)
  if (redis === undefined) return []
  return [
    cureBy('let Redis read its users from their file again', ...hubMon(snapshot, 'restart', redis.service)),
  ]
}

/** A Redis that turned us away for want of a password has told, too. */
function asksInside({sources: {redis}}: Snapshot): boolean | null {
  if (redis === undefined) return null
  if (redis.status !== 'unavailable') return redis.value.asksPassword
  return redis.error.code === 'no-auth' ? true : null
}

function asking(snapshot: Snapshot, published: readonly OutsideAddress[]) {
  const where = published.length > 0 ? `, also at ${addressWords(published)}` : ''
  const rights = factsFrom(snapshot.sources.redis)?.rights
  if (!inProduction(snapshot) || rights?.user !== 'default') return pass(`it asks for one${where}`)
  return fail('the user default is on: one password for everybody, who may do everything with it', {
    severity: 'warning',
    affects: affectedBy(snapshot, 'redis'),
    evidence: [{label: 'we are', value: 'default'}],
    remedies: [
      decide('a user of its own for each service, and default off: docs/redis-access.md'),
      ...closeIt(snapshot, 'users of Redis of their own, and default off'),
      confirmBy('its users', ...redisCli(snapshot, 'ACL', 'LIST')),
    ],
  })
}
