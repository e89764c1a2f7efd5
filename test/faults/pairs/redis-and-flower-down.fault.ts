import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis is down, and so is Flower: two services that ended for their own reasons',
  async breakIt(hub) {
    const flower = await hub.flower(['one@test'])
    await flower.close()
    await hub.redis.end()
    return flower
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /^nothing listens at/},
  cure: {decision: /^start Redis where it runs|^start Redis, or/, carryOut: hub => hub.redis.start()},
  second: {
    expects: {first: 'flower.reachable', verdict: 'warning', says: /^nothing listens at/},
    cure: {
      decision: /^start Flower where it runs/,
      carryOut: (hub, {port}) => hub.flower(['one@test'], {port}),
    },
  },
})
