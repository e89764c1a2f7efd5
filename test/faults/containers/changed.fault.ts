import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'The compose file was changed, and the change was not applied',
  breakIt: hub => hub.edit('--loglevel=', '--without-gossip\n      - --loglevel='),
  expects: {
    first: 'stack.unchanged',
    verdict: 'ok',
    says: /^celery-worker changed in the compose file since/,
  },
  cure: 'typed',
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
})
