import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'Redis is published beyond loopback, and asks for no password',
  async breakIt(hub) {
    const network = `${hub.project}-outside`
    // It goes with the stack, whatever happens.
    await docker('network', 'create', '--label', `com.docker.compose.project=${hub.project}`, network)
    const gateway = '{{(index .IPAM.Config 0).Gateway}}'
    const address = (await docker('network', 'inspect', '--format', gateway, network)).trim()
    await hub.edit('"127.0.0.1::6379"', `"${address}::6379"`)
    await hub.type('hub-mon up')
    return network
  },
  expects: {first: 'redis.exposed', verdict: 'critical', says: /^published on [\d.:]+, without a password$/},
  cure: {
    decision: /^publish it on 127\.0\.0\.1, or not at all/,
    carryOut: hub => hub.restoreFile(),
    afterwards: 'typed',
  },
  tidy: (_hub, network) => docker('network', 'rm', network),
})
