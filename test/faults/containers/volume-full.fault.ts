import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  // Its volume is another one than that of the others.
  alone: {},
  title: 'The disk below the volume of Redis is full',
  async breakIt(hub) {
    const small = '{driver_opts: {type: tmpfs, device: tmpfs, o: "size=2m,mode=1777"}}'
    await hub.edit('redis-data: {}', `redis-data: ${small}`)
    const {code, stderr} = await hub.type('hub-mon down --volumes --yes && hub-mon up')
    if (code !== 0) throw new Error(stderr)
    const redis = hub.container('redis')
    await docker('exec', redis, 'sh', '-c', 'dd if=/dev/zero of=/data/filler bs=64k || true')
    // More than what fits into the block that its file ends in.
    await docker('exec', redis, 'redis-cli', 'SET', 'filler', 'x'.repeat(20_000)).catch(() => {})
    await docker('exec', redis, 'sh', '-c', 'sleep 2')
    return redis
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^MISCONF: the last write of the AOF failed/},
  cure: {
    decision: /^free disk space/,
    carryOut: (_hub, redis) => docker('exec', redis, 'rm', '/data/filler'),
    afterwards: 'typed',
  },
})
