import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'A task fills the memory of the worker: it is close to its limit',
  async breakIt(hub) {
    const worker = hub.container('celery-worker')
    const told = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', worker)
    const used = Number(/([\d.]+)MiB/.exec(told)?.[1])
    await hub.send('memory_hungry', Math.round(512 * 0.9 - used), 45)
    await until('it has it', 30, async () => {
      const share = await docker('stats', '--no-stream', '--format', '{{.MemPerc}}', worker)
      return Number.parseFloat(share) > 82
    })
  },
  expects: {
    first: 'stack.memory',
    verdict: 'warning',
    says: /celery-worker uses (8|9)\d(\.\d)? % of its limit/,
  },
  cure: {
    decision: /^raise mem_limit/,
    carryOut: hub =>
      docker('update', '--memory', '1g', '--memory-swap', '1g', hub.container('celery-worker')),
  },
})
