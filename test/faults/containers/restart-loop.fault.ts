import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The worker has a wrong command, ends at once and is started again and again',
  async breakIt(hub) {
    await hub.edit('--hostname=celery@%h', '--hostnames=celery@%h')
    await hub.type('hub-mon up --no-wait')
    const state = () => docker('inspect', '--format', '{{.RestartCount}}', hub.container('celery-worker'))
    await until('it was started again', 30, async () => Number(await state()) >= 3)
  },
  expects: {
    first: 'stack.restart-loop',
    verdict: 'critical',
    says: /^celery-worker (dies with exit code 2|has had \d restarts)/,
  },
  cure: {decision: /^mend what ends celery-worker/, carryOut: hub => hub.restoreFile(), afterwards: 'typed'},
})
