import {startEngineProxy} from '../../services/engine-proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The Docker engine was killed',
  async breakIt(hub) {
    const engine = await startEngineProxy(hub)
    await engine.kill()
    return engine
  },
  expects: {
    first: 'docker.reachable',
    verdict: 'critical',
    says: /^the Docker engine is not running: unix:.* refuses/,
  },
  // By a stand-in for systemctl that starts the engine of this fault.
  cure: 'typed',
  tidy: (_hub, engine) => engine.close(),
})
