import {spawn} from 'node:child_process'
import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {supervised} from './supervised.ts'

export default defineFault({
  on: 'host',
  title: 'A Lua script does not end, and Redis refuses everything else',
  start: supervised,
  async breakIt({redis, atEnd}) {
    await redis.cli('CONFIG', 'SET', 'busy-reply-threshold', '100')
    const script = spawn('redis-cli', ['-p', String(redis.port), 'EVAL', 'while true do end', '0'], {
      stdio: 'ignore',
    })
    atEnd(async () => script.kill('SIGKILL'))
    await until('it is busy', 10, async () => (await redis.cli('PING')).startsWith('BUSY'))
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^BUSY: /},
  cure: 'typed',
})
