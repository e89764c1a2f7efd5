import {confirmBy, cureBy} from '../report/finding.ts'
import {defineCheck, fail, pass} from './check.ts'
import {containerOf, hubMon} from './names.ts'

export const redisReachable = defineCheck({
  id: 'redis.reachable',
  category: 'redis',
  title: 'Redis answers',
  why: 'Nodes take their tasks from Redis; without it nothing is received, run or reported.',
  looksAt: 'A new connection, its log-in and a PING whose reply is compared with PONG.',
  confirm: ['docker exec hub-redis redis-cli ping', 'docker logs --tail 20 hub-redis'],
  cure: ['hub-mon restart redis'],
  severity: 'critical',
  phase: 'running',
  needs: [],
  roots: 'redis',
  follows: ['stack.present', 'stack.running'],
  judge(snapshot) {
    const reading = snapshot.sources.redis
    if (reading === undefined || reading.status !== 'unavailable')
      return pass(`answered at ${reading?.value.address ?? 'an unknown address'}`)
    const container = containerOf(snapshot, 'redis')
    return fail(reading.error.message, {
      affects: ['redis'],
      evidence: [{label: 'error', value: reading.error.code}],
      remedies:
        container === undefined
          ? []
          : [
              cureBy('start it again', ...hubMon(snapshot, 'restart', container.service)),
              confirmBy('its last words', 'docker', 'logs', '--tail', '20', container.name),
            ],
    })
  },
})
