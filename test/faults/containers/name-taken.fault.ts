import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'A container of no project has the name that the worker is to have',
  async breakIt(hub) {
    await docker('rm', '--force', hub.container('celery-worker'))
    await docker('run', '-d', '--name', hub.container('celery-worker'), 'redis:7-alpine')
  },
  expects: {
    first: 'stack.running',
    verdict: 'critical',
    says: /^celery-worker has no container: its name \S+-celery-worker is taken by a container of no project/,
  },
  cure: {
    decision:
      /^give that container another name, if it is needed \(docker rename \S+-celery-worker \S+-celery-worker-old\), or remove it/,
    carryOut: hub => docker('rm', '--force', hub.container('celery-worker')),
    afterwards: 'typed',
  },
})
