import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis is frozen: it takes connections and never answers',
  breakIt: async ({redis}) => redis.process.kill('SIGSTOP'),
  expects: {first: 'redis.reachable', verdict: 'critical', says: /accepts connections and never answers$/},
  cure: {
    decision: /^look after Redis where it runs/,
    carryOut: async ({redis}) => redis.process.kill('SIGCONT'),
  },
})
