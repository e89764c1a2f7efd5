import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'One node hangs, and tasks wait that the other one has not registered',
  app: {conf: {worker_prefetch_multiplier: 1}},
  async breakIt(hub) {
    const hung = await hub.app.worker('-n', 'hung@test', '-c', '1', '-E', '-Q', 'other')
    await hub.flower(['one@test', 'hung@test'])
    await hub.app.python(
      "import tasks\nfor i in range(2): tasks.sleepy.delay(90)\nfor i in range(3): tasks.app.send_task('tasks.new')",
    )
    await until('three wait', 15, async () => (await hub.redis.cli('LLEN', 'celery')) === '3')
    hung.process.kill('SIGSTOP')
    return hung
  },
  expects: {
    first: 'celery.nodes-answering',
    verdict: 'warning',
    says: /^hung@test is connected to Redis but silent/,
  },
  cure: {
    decision: /^restart the silent node where it runs/,
    async carryOut(hub, hung) {
      await hung.stop()
      await hub.app.worker('-n', 'hung@test', '-c', '1', '-E', '-Q', 'other')
    },
  },
  second: {
    expects: {first: 'celery.tasks-registered', verdict: 'warning', says: /^tasks\.new \(3 seen in celery\)/},
    cure: {
      decision: /^deploy the code that has the task/,
      async carryOut(hub) {
        await hub.app.stop()
        const next = await hub.otherApp({tasks: '@app.task\ndef new(): pass\n'})
        await next.worker('-n', 'one@test', '-c', '1', '-E')
        await next.worker('-n', 'hung@test', '-c', '1', '-E', '-Q', 'other')
      },
    },
  },
})
