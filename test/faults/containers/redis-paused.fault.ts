import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The container of Redis is paused',
  breakIt: hub => docker('pause', hub.container('redis')),
  expects: {first: 'stack.running', verdict: 'critical', says: /^redis is paused/},
  cure: 'typed',
})
