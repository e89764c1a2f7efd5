import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Tasks are sent that the node has not registered',
  app: {conf: {worker_prefetch_multiplier: 1}},
  async breakIt(hub) {
    await hub.app.python(
      "import tasks\nfor i in range(2): tasks.sleepy.delay(90)\nfor i in range(3): tasks.app.send_task('tasks.new')",
    )
    await until('three wait', 15, async () => (await hub.redis.cli('LLEN', 'celery')) === '3')
  },
  expects: {
    first: 'celery.tasks-registered',
    verdict: 'warning',
    says: /^tasks\.new \(3 seen in celery\) is registered at no node/,
  },
  cure: {
    decision: /^deploy the code that has the task/,
    async carryOut(hub) {
      await hub.app.stop()
      const next = await hub.otherApp({tasks: '@app.task\ndef new(): pass\n'})
      await next.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
