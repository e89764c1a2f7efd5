import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Messages carry data instead of ids, and each takes 300 kB of Redis',
  app: {conf: {worker_prefetch_multiplier: 1}},
  async breakIt(hub) {
    await hub.app.python(
      "import tasks\nfor i in range(2): tasks.sleepy.delay(90)\nfor i in range(3): tasks.add.delay(1, 'x' * 300000)",
    )
    await until('three wait', 15, async () => (await hub.redis.cli('LLEN', 'celery')) === '3')
  },
  expects: {
    first: 'celery.message-size',
    verdict: 'warning',
    says: /^a message of celery takes \d+ KiB of memory on average/,
  },
  cure: {
    decision: /^send ids instead of data/,
    // What waits is kept in a file, and sent again as it should be.
    carryOut: hub => hub.type(`hub-mon queues purge celery --yes --redis-url ${hub.redis.url}`),
  },
})
