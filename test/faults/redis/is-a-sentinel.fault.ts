import {startSentinel, watching} from '../../services/sentinel.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed is a Sentinel, not the Redis that it watches',
  async breakIt(hub) {
    const sentinel = await startSentinel(watching('mymaster', hub.redis.port))
    hub.atEnd(sentinel.stop)
    hub.redisUrl = `redis://127.0.0.1:${sentinel.port}/0`
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /is a Sentinel, .* use sentinel:\/\//},
  cure: {
    decision: /^correct --redis-url/,
    carryOut: async hub => {
      hub.redisUrl = hub.redisUrl.replace('redis:', 'sentinel:')
    },
  },
})
