import {defineFault} from '../fault.ts'
import {supervised} from './supervised.ts'

export default defineFault({
  on: 'host',
  title: 'Redis refuses writes without a replica (min-replicas-to-write), and has none',
  start: supervised,
  breakIt: ({redis}) => redis.cli('CONFIG', 'SET', 'min-replicas-to-write', '1'),
  expects: {first: 'redis.writable', verdict: 'critical', says: /^NOREPLICAS: /},
  cure: {
    decision: /^start its replicas again/,
    carryOut: async () => {},
    afterwards: 'typed',
  },
})
