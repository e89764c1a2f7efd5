import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'The container of the worker is paused',
  breakIt: hub => docker('pause', hub.container('celery-worker')),
  expects: {first: 'stack.running', verdict: 'critical', says: /^celery-worker is paused/},
  cure: 'typed',
})
