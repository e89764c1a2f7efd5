import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A node works and cannot be asked: its remote control is off',
  async breakIt(hub) {
    await hub.shutDown()
    const deaf = await hub.otherApp({conf: {worker_enable_remote_control: false}})
    return await deaf.worker('-n', 'one@test', '-c', '1', '-E')
  },
  expects: {
    first: 'celery.nodes-online',
    verdict: 'warning',
    says: /^no node listens to remote control, yet \d clients? waits? for messages/,
  },
  cure: {
    decision: /^worker_enable_remote_control = True/,
    async carryOut(hub, deaf) {
      await deaf.stop('SIGTERM')
      await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
