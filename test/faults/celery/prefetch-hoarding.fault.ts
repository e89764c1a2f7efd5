import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A node hoards what another one could do, behind a task that has run for more than a minute',
  app: {conf: {worker_prefetch_multiplier: 10}},
  async breakIt(hub) {
    await hub.app.python('import tasks\nfor i in range(3): tasks.sleepy.delay(75)')
    await until('two are held', 15, async () => (await hub.redis.cli('HLEN', 'unacked')) === '2')
    await hub.app.worker('-n', 'idle@test', '-c', '1', '-E')
    await hub.flower(['one@test', 'idle@test'])
    await new Promise(resolve => setTimeout(resolve, 60_000))
  },
  expects: {
    first: 'celery.prefetch',
    verdict: 'warning',
    says: /^one@test holds 2 reserved tasks behind busy pool processes while idle@test is idle/,
  },
  cure: {answer: 'y'},
  slow: true,
})
