import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis was given a password that is not known here, and Flower has ended',
  async breakIt(hub) {
    const flower = await hub.flower(['one@test'])
    await flower.close()
    await hub.redis.cli('CONFIG', 'SET', 'requirepass', 's3cret')
    return flower
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /password/},
  cure: {
    decision: /^write the password into/,
    async carryOut(hub) {
      hub.redisUrl = hub.redis.url.replace('redis://', 'redis://:s3cret@')
    },
  },
  second: {
    expects: {first: 'flower.reachable', verdict: 'warning', says: /^nothing listens at/},
    cure: {
      decision: /^start Flower where it runs/,
      carryOut: (hub, {port}) => hub.flower(['one@test'], {port}),
    },
  },
})
