import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

const keys = 300

export default defineFault({
  on: 'host',
  slow: true,
  title: 'Redis was started again and is still reading its data',
  // So many microseconds a key: a small file takes as long as a large one. It looks up after every kilobyte.
  redis: {
    args: [
      ...['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'],
      ...['--rdbcompression', 'no'],
    ],
  },
  async breakIt({redis}) {
    const fill = `for i = 1, ${keys} do redis.call('SET', 'filler:' .. i, string.rep('x', 1024)) end`
    await redis.cli('EVAL', fill, '0')
    await redis.cli('BGREWRITEAOF')
    const told = () => redis.cli('INFO', 'persistence')
    await until(
      'it is one file',
      10,
      async () => !/^aof_rewrite_(in_progress|scheduled):1/m.test(await told()),
    )
    await redis.restart(0)
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^LOADING: Redis is reading its data/},
  cure: {decision: /^wait: restarting it would start the reading again/, carryOut: async () => {}},
})
