import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The clock of the machine that a node runs on is an hour ahead',
  async breakIt(hub) {
    const elsewhere = await hub.otherApp({clock: '+1h'})
    await hub.flower(['one@test', 'far@test'])
    return await elsewhere.worker('-n', 'far@test', '-c', '1', '-E')
  },
  expects: {first: 'host.clock', verdict: 'warning', says: /^far@test is 1 h ahead$/},
  cure: {
    decision: /^where far@test runs, let the network set the clock/,
    async carryOut(hub, far) {
      await far.stop('SIGTERM')
      await hub.app.worker('-n', 'far@test', '-c', '1', '-E')
    },
  },
})
