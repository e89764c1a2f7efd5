import {freePort} from '../../services/redis.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed has the wrong port: nothing listens there',
  async breakIt(hub) {
    const right = hub.redisUrl
    hub.redisUrl = `redis://127.0.0.1:${await freePort()}/0`
    return right
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /^nothing listens at 127\.0\.0\.1:\d+/},
  cure: {
    decision: /correct the address in --redis-url$/,
    carryOut: async (hub, right) => {
      hub.redisUrl = right
    },
  },
})
