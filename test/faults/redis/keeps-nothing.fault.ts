import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis keeps nothing: a restart would lose all waiting tasks',
  breakIt: ({redis}) => redis.cli('CONFIG', 'SET', 'appendonly', 'no'),
  expects: {
    first: 'redis.persistence',
    verdict: 'warning',
    says: /a restart of Redis loses all waiting tasks$/,
  },
  cure: 'typed',
})
