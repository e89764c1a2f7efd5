import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {publishFlowerAt} from '../flower-port.ts'

export default defineFault({
  on: 'compose',
  title: 'A container of somebody else holds the port that Flower is to be published on',
  async breakIt(hub) {
    const port = await publishFlowerAt(hub)
    const other = `${hub.project}-other`
    await docker('rm', '--force', hub.container('flower'))
    await docker('run', '-d', '--name', other, '-p', `127.0.0.1:${port}:6379`, 'redis:7-alpine')
    await hub.type('docker compose -f docker-compose.monitoring.yml up -d flower')
    return other
  },
  expects: {
    first: 'stack.running',
    verdict: 'warning',
    says: /^flower was created and never started: port \d+ is held by the container \S+-other/,
  },
  cure: {
    decision: /^stop what holds port \d+, or publish flower on another \(FLOWER_PORT=\d+\)/,
    carryOut: (_hub, other) => docker('rm', '--force', other),
    afterwards: 'typed',
  },
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
})
