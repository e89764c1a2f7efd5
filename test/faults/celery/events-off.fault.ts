import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A node sends no events: Flower counts none of its tasks',
  async start(hub) {
    await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
    await hub.flower(['one@test'])
  },
  async breakIt(hub) {
    const quiet = await hub.app.worker('-n', 'quiet@test', '-c', '1', '-Q', 'quiet')
    await hub.flower(['one@test', 'quiet@test'])
    await hub.app.python("import tasks\ntasks.add.apply_async((1, 2), queue='quiet').get()")
    return quiet
  },
  expects: {
    first: 'celery.events-on',
    verdict: 'warning',
    says: /^quiet@test accepted 1 task, Flower saw no event of them/,
  },
  cure: {
    decision: /^add -E to the command of the worker/,
    async carryOut(hub, quiet) {
      await quiet.stop('SIGTERM')
      await hub.app.worker('-n', 'quiet@test', '-c', '1', '-Q', 'quiet', '-E')
    },
  },
})
