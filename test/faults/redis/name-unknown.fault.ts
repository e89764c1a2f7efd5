import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed has a host name that nobody knows here',
  async breakIt(hub) {
    hub.redisUrl = 'redis://redis.invalid:6379/0'
  },
  expects: {
    first: 'redis.reachable',
    verdict: 'critical',
    says: /^the name in redis\.invalid:6379\/0 cannot be resolved/,
  },
  cure: {
    decision: /^correct the host name/,
    carryOut: async hub => {
      hub.redisUrl = hub.redis.url
    },
  },
})
