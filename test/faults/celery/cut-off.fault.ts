import {startProxy} from '../../services/proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The network to a node is gone, and Redis has not noticed',
  async breakIt(hub) {
    const proxy = await startProxy(hub.redis.port)
    hub.atEnd(proxy.close)
    const far = await hub.otherApp({}, `redis://127.0.0.1:${proxy.port}/0`)
    await far.worker('-n', 'far@test', '-c', '1', '-E')
    await hub.flower(['one@test', 'far@test'])
    proxy.drop()
    return proxy
  },
  expects: {
    first: 'celery.nodes-answering',
    verdict: 'warning',
    says: /^far@test is connected to Redis but silent/,
  },
  cure: {decision: /^restart the silent node where it runs/, carryOut: async (_hub, proxy) => proxy.thaw()},
})
