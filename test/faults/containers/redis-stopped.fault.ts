import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'Somebody stopped the container of Redis',
  breakIt: hub => docker('stop', hub.container('redis')),
  expects: {first: 'stack.running', verdict: 'critical', says: /^redis was stopped/},
  cure: 'typed',
})
