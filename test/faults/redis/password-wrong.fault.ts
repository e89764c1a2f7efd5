import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The password that is typed is not the one that Redis has',
  redis: {password: 's3cret'},
  async breakIt(hub) {
    const right = hub.redisUrl
    hub.redisUrl = right.replace('s3cret', 'secret')
    return right
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /refuses the password$/},
  cure: {
    decision: /^correct the password in --redis-url/,
    carryOut: async (hub, right) => {
      hub.redisUrl = right
    },
  },
})
