import {startEngineProxy} from '../../services/engine-proxy.ts'
import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The worker is frozen, and the engine, by which it would be seen, does not answer in time',
  async breakIt(hub) {
    // One that was started only just is given time before it is started again.
    await new Promise(resolve => setTimeout(resolve, 25_000))
    await docker('kill', '--signal', 'STOP', hub.container('celery-worker'))
    const engine = await startEngineProxy(hub)
    engine.delay(10)
    return engine
  },
  expects: {first: 'docker.reachable', verdict: 'critical', says: /did not answer/},
  cure: {decision: /what keeps it busy/, carryOut: (_hub, engine) => engine.start()},
  second: {
    expects: {
      first: 'celery.nodes-answering',
      verdict: 'critical',
      says: /celery-worker is connected to Redis but silent/,
    },
    cure: 'typed',
  },
  tidy: (_hub, engine) => engine.close(),
  slow: true,
})
