import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'Somebody stopped the container of Flower',
  breakIt: hub => docker('stop', hub.container('flower')),
  expects: {first: 'stack.running', verdict: 'warning', says: /^flower (was stopped|exited)/},
  cure: 'typed',
})
