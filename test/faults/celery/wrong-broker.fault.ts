import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The worker was started with another broker: database 5 of the same Redis',
  async breakIt(hub) {
    await hub.shutDown()
    const astray = await hub.otherApp({}, hub.redis.url.replace(/0$/, '5'))
    return await astray.worker('-n', 'one@test', '-c', '1', '-E')
  },
  expects: {
    first: 'celery.nodes-online',
    verdict: 'critical',
    says: /^no node listens on Redis in database 0; there is 1 node in database 5 of it/,
  },
  cure: {
    decision: /correct their broker \(CELERY_BROKER_URL\) from database 5 to 0/,
    async carryOut(hub, astray) {
      await astray.stop()
      await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
