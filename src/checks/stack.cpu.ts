import {containerCpuRatio} from '../metrics/container-cpu-ratio.ts'
import {evaluate} from '../metrics/evaluate.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containersOf} from './names.ts'

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
    const workers = new Set(containersOf(snapshot, 'worker').map(({name}) => name))
    const samples = evaluate(containerCpuRatio, snapshot).filter(({labels}) =>
      workers.has(labels.container ?? ''),
    )
    return judgeSamples(samples, {
      subject: ({labels}) => labels.container ?? '',
      say: ({labels, value, note}) => `${labels.container} uses ${percent(value ?? 0)} ${note ?? ''}`,
      pass: judged => `at most ${percent(Math.max(...judged.map(({value}) => value ?? 0)))}`,
      remedies: alerting => [
        decide('give it more CPUs, fewer pool processes (--concurrency), or a second worker'),
        ...alerting.map(({labels}) =>
          confirmBy('now', 'docker', 'stats', '--no-stream', labels.container ?? ''),
        ),
      ],
    })
  },
})
