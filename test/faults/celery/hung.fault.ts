import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A node hangs: stopped by a signal, and still connected to Redis',
  breakIt: async hub => {
    const hung = await hub.app.worker('-n', 'hung@test', '-c', '1', '-E')
    await hub.flower(['one@test', 'hung@test'])
    hung.process.kill('SIGSTOP')
    return hung
  },
  expects: {first: 'celery.nodes-answering', verdict: 'warning', says: /hung@test/},
  cure: {
    decision: /^restart the silent node where it runs/,
    async carryOut(hub, hung) {
      await hung.stop()
      await hub.app.worker('-n', 'hung@test', '-c', '1', '-E')
    },
  },
})
