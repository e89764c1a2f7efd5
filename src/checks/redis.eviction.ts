import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, redisCli} from './names.ts'

export const redisEviction = defineCheck({
  id: 'redis.eviction',
  category: 'redis',
  title: 'Redis throws nothing away',
  why: 'Any eviction policy but noeviction may drop a whole queue when memory runs short, without a word.',
  looksAt: 'maxmemory-policy, and the number of keys evicted since the start of Redis.',
  confirm: [
    'docker exec hub-redis redis-cli CONFIG GET maxmemory-policy',
    'docker exec hub-redis redis-cli INFO stats',
  ],
  cure: [
    'docker exec hub-redis redis-cli CONFIG SET maxmemory-policy noeviction   # and in the compose file',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['redis'],
  judge(snapshot, {redis}) {
    const {policy, evictedKeys, maxBytes} = redis.memory
    const evicted = evictedKeys ?? 0
    const wrong = policy !== null && policy !== 'noeviction'
    if (!wrong && evicted === 0)
      return policy === null
        ? skip('Redis does not tell its policy (INFO)')
        : pass('noeviction, nothing evicted')
    const lost =
      evicted === 0 ? '' : `${plural(evicted, 'key')} evicted${wrong ? '' : ' under an earlier policy'}`
    const may = wrong ? `the policy is ${policy}` : ''
    // Without a limit no policy ever acts; under noeviction nothing more is lost.
    const idle = !wrong || (evicted === 0 && maxBytes === null)
    return fail([lost, may].filter(part => part !== '').join('; '), {
      severity: idle ? 'notice' : evicted > 0 ? 'critical' : 'warning',
      affects: affectedBy(snapshot, 'redis'),
      evidence: [
        {label: 'maxmemory-policy', value: policy},
        {label: 'evicted keys', value: evictedKeys, unit: 'count', bound: 'above 0'},
      ],
      remedies: [
        ...(wrong
          ? [
              cureBy(
                'keep everything until its next start',
                ...redisCli(snapshot, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
              ),
              decide('and for good: --maxmemory-policy noeviction in the compose file'),
            ]
          : []),
        ...(evicted > 0 ? [decide('queues and results may be gone: compare with what was sent')] : []),
        ...(wrong
          ? []
          : [cureBy('then count from nought again', ...redisCli(snapshot, 'CONFIG', 'RESETSTAT'))]),
        confirmBy('the counters', ...redisCli(snapshot, 'INFO', 'stats')),
      ],
    })
  },
})
