import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis was at its memory limit, and has thrown keys away to make room',
  async breakIt({redis}) {
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.cli('INFO', 'memory'))?.[1])
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl')
    await redis.cli('CONFIG', 'SET', 'maxmemory', String(used + 1_000_000))
    const fill = "for n = 1, 30 do redis.call('SETEX', 'export:' .. n, 600, string.rep('x', 100000)) end"
    await redis.cli('EVAL', fill, '0')
    await redis.cli('EVAL', "for n = 1, 30 do redis.call('DEL', 'export:' .. n) end", '0')
  },
  expects: {
    first: 'redis.eviction',
    verdict: 'critical',
    says: /^\d+ keys evicted; the policy is volatile-ttl$/,
  },
  cure: 'typed',
})
