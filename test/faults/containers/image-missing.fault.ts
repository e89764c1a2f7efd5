import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  alone: {},
  title: 'The image of Redis is not on this machine, and its container is gone',
  async breakIt(hub) {
    const image = `hub-mon/gone:${hub.project}`
    await hub.set('HUB_REDIS_IMAGE', image)
    await docker('rm', '--force', hub.container('redis'))
    return image
  },
  expects: {
    first: 'stack.running',
    verdict: 'critical',
    says: /^redis has no container: its image hub-mon\/gone:\S+ is not here/,
  },
  cure: {
    decision: /^pull or build hub-mon\/gone:\S+, or correct its name/,
    carryOut: (_hub, image) => docker('tag', 'redis:7-alpine', image),
    afterwards: 'typed',
  },
  tidy: (_hub, image) => docker('rmi', '--force', image),
})
