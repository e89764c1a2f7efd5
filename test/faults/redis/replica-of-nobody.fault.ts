import {freePort} from '../../services/redis.ts'
import {defineFault} from '../fault.ts'
import {supervised} from './supervised.ts'

export default defineFault({
  on: 'host',
  title: 'Redis was made a replica of a server that cannot be reached',
  start: supervised,
  breakIt: async ({redis}) => redis.cli('REPLICAOF', '127.0.0.1', String(await freePort())),
  expects: {
    first: 'redis.writable',
    verdict: 'critical',
    says: /^READONLY: .* replica of 127\.0\.0\.1, which it cannot reach/,
  },
  cure: 'typed',
})
