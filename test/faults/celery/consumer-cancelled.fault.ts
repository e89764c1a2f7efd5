import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'The node was told to consume no longer, and it was forgotten: it answers, and takes nothing',
  async breakIt(hub) {
    const worker = hub.container('celery-worker')
    await docker('exec', worker, 'celery', '-A', 'app.celery_app', 'control', 'cancel_consumer', 'celery')
    await hub.send('quick')
  },
  expects: {
    first: 'celery.queue-consumers',
    verdict: 'warning',
    says: /^no node consumes celery \(1 message\)/,
  },
  cure: 'typed',
})
