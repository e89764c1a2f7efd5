import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis may throw queues away when its memory runs short: a policy that evicts',
  breakIt: ({redis}) => redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'),
  expects: {first: 'redis.eviction', verdict: 'warning', says: /^the policy is allkeys-lru$/},
  cure: 'typed',
})
