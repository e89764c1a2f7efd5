import {chmod} from 'node:fs/promises'
import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {supervised} from './supervised.ts'

export default defineFault({
  on: 'host',
  title: 'Redis may not write into its data directory, and refuses writes since a save failed',
  redis: {
    as: ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'],
    args: ['--save', '3600 1000000'],
  },
  start: supervised,
  async breakIt({redis}) {
    await chmod(redis.directory, 0o555)
    await redis.cli('BGSAVE')
    const failed = async () => /^rdb_last_bgsave_status:err/m.test(await redis.cli('INFO', 'persistence'))
    await until('the save fails', 10, failed)
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^MISCONF: the last background save failed/},
  cure: {
    decision: /mend the rights of its data directory/,
    carryOut: ({redis}) => chmod(redis.directory, 0o755),
    afterwards: 'typed',
  },
})
