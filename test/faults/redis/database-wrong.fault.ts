import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The address that is typed names another database than the nodes use',
  async breakIt(hub) {
    hub.redisUrl = hub.redis.url.replace(/0$/, '2')
  },
  expects: {
    first: 'celery.nodes-online',
    verdict: 'critical',
    says: /^no node listens on Redis in database 2; there is 1 node in database 0 of it/,
  },
  cure: {
    decision: /\(or --redis-url from 2 to 0\)/,
    carryOut: async hub => {
      hub.redisUrl = hub.redis.url
    },
  },
})
