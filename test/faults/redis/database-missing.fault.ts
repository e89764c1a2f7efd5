import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed names a database that Redis does not have',
  async breakIt(hub) {
    hub.redisUrl = hub.redis.url.replace(/0$/, '99')
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /Redis has no database of that number$/},
  cure: {
    decision: /^correct the database in --redis-url,/,
    carryOut: async hub => {
      hub.redisUrl = hub.redis.url
    },
  },
})
