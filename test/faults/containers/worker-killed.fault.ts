import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The container of the worker was killed',
  breakIt: hub => docker('kill', hub.container('celery-worker')),
  expects: {first: 'stack.running', verdict: 'critical', says: /^celery-worker exited with code 137/},
  cure: 'typed',
})
