import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis asks for a password, and none is typed',
  redis: {password: 's3cret'},
  async breakIt(hub) {
    const right = hub.redisUrl
    hub.redisUrl = hub.redis.url
    return right
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /asks for a password and none is known$/},
  cure: {
    decision: /^write the password into --redis-url/,
    carryOut: async (hub, right) => {
      hub.redisUrl = right
    },
  },
})
