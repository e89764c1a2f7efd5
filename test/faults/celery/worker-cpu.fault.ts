import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

/** Longer than the proof takes; ended when it is over. */
const rows = 2_000_000_000

export default defineFault({
  on: 'compose',
  title: 'A task computes in a container that may use a quarter of a CPU',
  async breakIt(hub) {
    const worker = hub.container('celery-worker')
    const celery = ['celery', '-A', 'app.celery_app']
    const sent = await docker(
      ...['exec', worker, ...celery, 'call', 'app.tasks.report', '--args', `[${rows}]`, '--queue', 'celery'],
    )
    // So little that it gets all of it, whatever else this machine has to do.
    await docker('update', '--cpus', '0.25', worker)
    return {worker, celery, id: sent.trim()}
  },
  expects: {first: 'stack.cpu', verdict: 'warning', says: /celery-worker uses [\d.]+ % of 0\.25 CPUs/},
  cure: {
    decision: /^give it more CPUs/,
    carryOut: (_hub, {worker}) => docker('update', '--cpus', '2', worker),
  },
  async tidy(_hub, {worker, celery, id}) {
    await docker('exec', worker, ...celery, 'control', 'terminate', 'SIGKILL', id)
  },
})
