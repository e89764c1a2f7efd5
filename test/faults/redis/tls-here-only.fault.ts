import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed asks for TLS (rediss://), which Redis does not speak',
  async breakIt(hub) {
    hub.redisUrl = hub.redisUrl.replace('redis:', 'rediss:')
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /does not speak TLS: use redis:\/\/$/},
  cure: {
    decision: /redis:\/\/ for one without$/,
    carryOut: async hub => {
      hub.redisUrl = hub.redis.url
    },
  },
})
