import {chmod} from 'node:fs/promises'
import {startEngineProxy} from '../../services/engine-proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The socket of the Docker engine does not let this user in',
  async breakIt(hub) {
    const engine = await startEngineProxy(hub)
    await chmod(engine.path, 0o000)
    // Rights do not hold for root, as long as it has this capability.
    if (process.getuid?.() === 0) hub.as.push('setpriv', '--bounding-set=-dac_override,-dac_read_search')
    return engine
  },
  expects: {
    first: 'docker.permission',
    verdict: 'critical',
    says: /^no permission to use the Docker engine at unix:/,
  },
  cure: {
    decision: /^become a member of the group docker/,
    carryOut: (_hub, engine) => chmod(engine.path, 0o660),
  },
  tidy: (_hub, engine) => engine.close(),
})
