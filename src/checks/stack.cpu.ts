import {containerCpuRatio} from '../metrics/container-cpu-ratio.ts'
import {confirmBy} from '../report/finding.ts'
import {defineCheck, fail, onCompose} from './check.ts'
import {judgeWorkerLoads} from './worker-loads.ts'

export const stackCpu = defineCheck({
  id: 'stack.cpu',
  category: 'stack',
  title: 'The workers have CPU to spare',
  why: 'A worker at its CPU limit runs every task slower, and heartbeats come late.',
  looksAt: 'The metric container_cpu_ratio of the worker containers; a warning above 80 %.',
  confirm: ['docker stats --no-stream hub-celery-worker'],
  cure: ['# raise cpus or lower --concurrency in the compose file, then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  metric: 'container_cpu_ratio',
  needs: [],
  roots: 'stats',
  reads: ['docker'],
  appliesTo: onCompose,
  judge(snapshot) {
    const reading = snapshot.sources.stats
    if (reading?.status === 'unavailable')
      return fail(`CPU and memory could not be read: ${reading.error.message}`, {
        severity: 'notice',
        remedies: [confirmBy('what the engine measures', 'docker', 'stats', '--no-stream')],
      })
    return judgeWorkerLoads(
      containerCpuRatio,
      snapshot,
      'give it more CPUs, fewer pool processes (--concurrency), or a second worker',
    )
  },
})
