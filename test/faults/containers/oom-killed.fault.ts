import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The memory limit of the worker is too small for it to start',
  async breakIt(hub) {
    await hub.set('HUB_WORKER_MEMORY', '24m')
    await hub.type('hub-mon up --no-wait')
    const format = '{{.State.Status}} {{.State.OOMKilled}} {{.RestartCount}}'
    // Between two starts, which the engine puts further and further apart.
    await until('it waits for its seventh start', 60, async () =>
      /^restarting true [6-9]/.test(
        await docker('inspect', '--format', format, hub.container('celery-worker')),
      ),
    )
  },
  expects: {
    first: 'stack.oom-killed',
    verdict: 'critical',
    says: /^celery-worker was killed for memory \(limit 24 MiB\)/,
  },
  cure: {decision: /^raise mem_limit/, carryOut: hub => hub.restoreFile(), afterwards: 'typed'},
})
