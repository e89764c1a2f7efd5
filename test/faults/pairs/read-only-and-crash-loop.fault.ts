import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title:
    'Redis was made a replica and refuses writes, and the worker dies of that again and again: one cause',
  async breakIt(hub) {
    await docker('exec', hub.container('redis'), 'redis-cli', 'REPLICAOF', '127.0.0.1', '6399')
    const worker = hub.container('celery-worker')
    await docker('restart', worker)
    const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', worker)
    await until('it was started again', 60, async () => Number(await restarts()) >= 3)
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^READONLY/},
  // Nobody answers at that address: its data is still its own.
  cure: 'typed',
  slow: true,
})
