import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'Flower, without a password, is published beyond this machine',
  async breakIt(hub) {
    // Of no network but the stack's own here; doctor cannot know that.
    const network = [
      'network',
      'inspect',
      `${hub.project}_default`,
      '--format',
      '{{(index .IPAM.Config 0).Gateway}}',
    ]
    const beyond = (await docker(...network)).trim()
    await hub.edit('127.0.0.1:${FLOWER_PORT', `${beyond}:\${FLOWER_PORT`)
    await hub.type('hub-mon up')
  },
  expects: {first: 'flower.exposed', verdict: 'warning', says: /^published on [\d.:]+, without auth/},
  cure: {
    decision: /^publish it on 127\.0\.0\.1, or set FLOWER_BASIC_AUTH/,
    carryOut: hub => hub.restoreFile(),
    afterwards: 'typed',
  },
})
