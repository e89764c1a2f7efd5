import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The worker was taken off its network',
  breakIt: hub => docker('network', 'disconnect', `${hub.project}_default`, hub.container('celery-worker')),
  expects: {
    first: 'stack.running',
    verdict: 'critical',
    says: /^celery-worker runs, but is attached to no network/,
  },
  cure: 'typed',
})
