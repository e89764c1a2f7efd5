import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

/** Longer than the proof takes; ended when it is over. */
const rows = 2_000_000_000

export default defineFault({
  on: 'compose',
  title: 'A task computes in a container that may use half a CPU',
  async breakIt(hub) {
    const worker = hub.container('celery-worker')
    await docker('update', '--cpus', '0.5', worker)
    const celery = ['celery', '-A', 'app.celery_app']
    const sent = await docker(
      ...['exec', worker, ...celery, 'call', 'app.tasks.report', '--args', `[${rows}]`, '--queue', 'celery'],
    )
    return {worker, celery, id: sent.trim()}
  },
  expects: {first: 'stack.cpu', verdict: 'warning', says: /celery-worker uses \d+ % of 0\.5 CPUs/},
  cure: {
    decision: /^give it more CPUs/,
    carryOut: (_hub, {worker}) => docker('update', '--cpus', '2', worker),
  },
  async tidy(_hub, {worker, celery, id}) {
    await docker('exec', worker, ...celery, 'control', 'terminate', 'SIGKILL', id)
  },
})
