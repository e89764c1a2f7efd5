import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The worker was started with a typo in -Q: nobody consumes the queue that tasks go to',
  async breakIt(hub) {
    await hub.shutDown()
    const worker = await hub.app.worker('-n', 'one@test', '-c', '1', '-E', '-Q', 'celry')
    await hub.app.python('import tasks\nfor i in range(3): tasks.add.delay(1, 2)')
    return worker
  },
  expects: {
    first: 'celery.queue-consumers',
    verdict: 'warning',
    says: /^no node consumes celery \(3 messages\)/,
  },
  cure: {
    decision: /^add it to -Q of a worker/,
    async carryOut(hub, worker) {
      await worker.stop()
      await hub.app.worker('-n', 'one@test', '-c', '1', '-E', '-Q', 'celery')
    },
  },
})
