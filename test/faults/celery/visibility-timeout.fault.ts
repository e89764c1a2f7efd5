import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The visibility timeout is shorter than the longest task, which will run twice',
  app: {conf: {broker_transport_options: {visibility_timeout: 2}}},
  async breakIt(hub) {
    await hub.app.python('import tasks; tasks.late.delay(90)')
    await new Promise(resolve => setTimeout(resolve, 2500))
    await until('it is delivered', 10, async () => (await hub.redis.cli('HLEN', 'unacked')) === '1')
  },
  expects: {
    first: 'celery.visibility-timeout',
    verdict: 'warning',
    says: /^tasks\.late has been unacknowledged for .*, past the 2 s after which it is delivered again/,
  },
  cure: {
    decision: /^raise visibility_timeout \(broker_transport_options\) above/,
    async carryOut(hub) {
      await hub.app.stop()
      const patient = await hub.otherApp({})
      await patient.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
