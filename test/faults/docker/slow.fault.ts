import {startEngineProxy} from '../../services/engine-proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The Docker engine takes ten seconds for an answer',
  async breakIt(hub) {
    const engine = await startEngineProxy(hub)
    engine.delay(10)
    return engine
  },
  expects: {first: 'docker.reachable', verdict: 'critical', says: /did not answer/},
  cure: {decision: /what keeps it busy/, carryOut: (_hub, engine) => engine.start()},
  tidy: (_hub, engine) => engine.close(),
})
