import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis has reached maxmemory and refuses writes',
  async breakIt({redis}) {
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.cli('INFO', 'memory'))?.[1])
    await redis.cli('CONFIG', 'SET', 'maxmemory', String(Math.round(used * 0.9)))
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^OOM/},
  cure: 'typed',
})
