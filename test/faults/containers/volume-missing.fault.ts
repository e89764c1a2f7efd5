import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  // Its volume is another one than that of the others.
  alone: {},
  title: 'Somebody removed the container of Redis and its external volume',
  async breakIt(hub) {
    const volume = `${hub.project}-kept`
    await docker('volume', 'create', volume)
    await hub.edit('redis-data: {}', `redis-data: {external: true, name: ${volume}}`)
    const {code, stderr} = await hub.type('hub-mon down --yes && hub-mon up')
    if (code !== 0) throw new Error(stderr)
    await docker('rm', '--force', hub.container('redis'))
    await docker('volume', 'rm', volume)
    return volume
  },
  expects: {
    first: 'stack.running',
    verdict: 'critical',
    says: /^redis has no container: its external volume \S+-kept is not here/,
  },
  cure: {
    decision: /^make it again from a backup, or empty \(docker volume create \S+-kept\), or correct its name/,
    carryOut: (_hub, volume) => docker('volume', 'create', volume),
    afterwards: 'typed',
  },
  async tidy(hub, volume) {
    await docker('rm', '--force', hub.container('redis'))
    await docker('volume', 'rm', volume)
  },
})
