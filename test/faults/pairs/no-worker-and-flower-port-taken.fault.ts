import {startWebPage} from '../../stand-ins/web-page.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The worker was stopped, and something else listens where Flower did',
  async breakIt(hub) {
    const flower = await hub.flower(['one@test'])
    await flower.close()
    hub.atEnd((await startWebPage(flower.port)).close)
    await hub.shutDown()
  },
  expects: {first: 'celery.nodes-online', verdict: 'critical', says: /^no node listens on Redis/},
  cure: {
    decision: /^start a node/,
    carryOut: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  },
  second: {
    expects: {first: 'flower.api', verdict: 'warning', says: /^what answers at .* is not Flower/},
    cure: {decision: /^correct --flower-url/, carryOut: hub => hub.flower(['one@test'])},
  },
})
