import {deafen} from '../../services/deafen.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title:
    'A firewall has forgotten the connection that the worker waits for messages on: it answers, and takes nothing',
  async breakIt(hub) {
    await deafen(hub.container('celery-worker'), hub.container('redis'))
    await hub.send('quick')
  },
  expects: {
    first: 'celery.consuming',
    verdict: 'critical',
    says: /^celery@\S+ answers but takes nothing from celery: 1 message waits/,
  },
  cure: 'typed',
})
