import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'The health check of Flower fails',
  async breakIt(hub) {
    const flower = hub.container('flower')
    const check = /test: \["CMD", "python3".*\n {6}interval: .*$/m
    await hub.edit(check, 'test: ["CMD", "test", "!", "-e", "/dev/shm/sick"]\n      interval: 1s')
    await hub.type('hub-mon up')
    await docker('exec', flower, 'touch', '/dev/shm/sick')
    const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', flower)
    await until('it is unhealthy', 60, async () => (await health()).trim() === 'unhealthy')
  },
  expects: {first: 'stack.healthy', verdict: 'warning', says: /^flower is unhealthy/},
  cure: 'typed',
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
})
