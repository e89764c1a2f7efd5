import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Two nodes have one name',
  breakIt: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  expects: {first: 'celery.node-names', verdict: 'warning', says: /^more than one node answers as one@test/},
  cure: {
    decision: /^put %h into the node name/,
    async carryOut(hub, twin) {
      await twin.stop('SIGTERM')
      await hub.app.worker('-n', 'two@test', '-c', '1', '-E')
      await hub.flower(['one@test', 'two@test'])
    },
  },
})
