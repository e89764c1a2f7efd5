import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Over a thousand tasks with a far ETA lie in the memory of a node',
  async breakIt(hub) {
    await hub.app.python('import tasks\nfor i in range(1200): tasks.add.apply_async((1, 2), countdown=1800)')
    await until('all are held', 20, async () => (await hub.redis.cli('HLEN', 'unacked')) === '1200')
  },
  expects: {first: 'celery.eta', verdict: 'warning', says: /hold about 1,200 tasks for an ETA/},
  cure: {
    decision: /^keep what is far away in a scheduler/,
    async carryOut(hub) {
      await hub.app.stop()
      await hub.redis.cli('DEL', 'unacked', 'unacked_index')
      const other = await hub.otherApp({})
      await other.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
