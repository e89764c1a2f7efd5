import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'Somebody gave Redis a password while it ran, and nobody else knows it',
  breakIt: hub =>
    docker('exec', hub.container('redis'), 'redis-cli', 'CONFIG', 'SET', 'requirepass', 'unknown-to-all'),
  expects: {
    first: 'redis.reachable',
    verdict: 'critical',
    says: /asks for a password and none is known$/,
  },
  cure: 'typed',
})
