import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The health check of Flower fails, and its log tells why',
  async breakIt(hub) {
    const flower = hub.container('flower')
    const check = /test: \["CMD", "python3".*\n {6}interval: .*$/m
    await hub.edit(check, 'test: ["CMD", "test", "!", "-e", "/dev/shm/sick"]\n      interval: 1s')
    await hub.type('hub-mon up')
    await docker(
      'exec',
      flower,
      'sh',
      '-c',
      'touch /dev/shm/sick; echo "OSError: [Errno 98] Address already in use" > /proc/1/fd/2',
    )
    const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', flower)
    await until('it is unhealthy', 60, async () => (await health()).trim() === 'unhealthy')
  },
  expects: {
    first: 'stack.healthy',
    verdict: 'warning',
    says: /^flower is unhealthy.*: its port is taken inside its network$/,
  },
  cure: {
    decision: /^let each service in a shared network listen on a port of its own/,
    carryOut: hub => docker('exec', hub.container('flower'), 'rm', '/dev/shm/sick'),
    afterwards: 'typed',
  },
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
  slow: true,
})
