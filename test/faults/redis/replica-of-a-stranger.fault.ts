import {until} from '../../services/hub.ts'
import {startRedis} from '../../services/redis.ts'
import {defineFault} from '../fault.ts'
import {supervised} from './supervised.ts'

export default defineFault({
  on: 'host',
  title: "Redis was made a replica of a stranger's, and has its data instead of its own",
  start: supervised,
  async breakIt({redis, atEnd}) {
    const stranger = await startRedis({args: ['--repl-diskless-sync-delay', '0']})
    atEnd(stranger.stop)
    await stranger.cli('SET', 'theirs', '1')
    await redis.cli('REPLICAOF', '127.0.0.1', String(stranger.port))
    await until('it has their data', 10, async () => (await redis.cli('EXISTS', 'theirs')) === '1')
    return stranger
  },
  expects: {
    first: 'redis.writable',
    verdict: 'critical',
    says: /^READONLY: .* replica of 127\.0\.0\.1, whose data it has/,
  },
  cure: {
    decision: /if nobody set this up, take it for a break-in/,
    carryOut: (_hub, stranger) => stranger.stop(),
    afterwards: 'typed',
  },
})
