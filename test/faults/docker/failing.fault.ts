import {startEngineProxy} from '../../services/engine-proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The Docker engine answers everything with an error',
  async breakIt(hub) {
    const engine = await startEngineProxy(hub)
    engine.fail(500, 'failed to open the layer store: input/output error')
    return engine
  },
  expects: {first: 'docker.reachable', verdict: 'critical', says: /failed \(HTTP 500\): .*layer store/},
  cure: 'typed',
  tidy: (_hub, engine) => engine.close(),
})
