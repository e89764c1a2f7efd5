import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

/** libfaketime knows no waiting by `time.sleep`. */
const tasks = `
@app.task(acks_late=True)
def held():
    __import__('select').select([], [], [], 600)
`

export default defineFault({
  on: 'host',
  title: 'The clock of a node is two hours behind, so that what it has just begun looks old',
  app: {tasks},
  async breakIt(hub) {
    const elsewhere = await hub.otherApp({clock: '-2h', tasks})
    await hub.flower(['far@test', 'one@test'])
    const far = await elsewhere.worker('-n', 'far@test', '-c', '1', '-E', '-Q', 'far')
    await hub.app.python('import tasks; tasks.held.apply_async(queue="far")')
    await until('it runs', 10, async () => (await hub.redis.cli('HLEN', 'unacked')) === '1')
    return far
  },
  expects: {first: 'host.clock', verdict: 'warning', says: /^far@test is 2 h behind$/},
  cure: {
    decision: /^where far@test runs, let the network set the clock/,
    async carryOut(hub, far) {
      await far.stop()
      await hub.app.worker('-n', 'far@test', '-c', '1', '-E', '-Q', 'far')
    },
  },
})
