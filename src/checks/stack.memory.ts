import {containerMemoryRatio} from '../metrics/container-memory-ratio.ts'
import {evaluate} from '../metrics/evaluate.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, onCompose} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containersOf} from './names.ts'

export const stackMemory = defineCheck({
  id: 'stack.memory',
  category: 'stack',
  title: 'The workers have memory to spare',
  why: 'Beyond its limit the kernel kills a pool process or the whole worker.',
  looksAt: 'The metric container_memory_ratio of the worker containers; a warning above 80 %.',
  confirm: ['docker stats --no-stream hub-celery-worker'],
  cure: ['# raise mem_limit or set --max-memory-per-child in the compose file, then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['stats'],

  reads: ['docker'],
  appliesTo: onCompose,
  judge(snapshot) {
    const workers = new Set(containersOf(snapshot, 'worker').map(({name}) => name))
    const samples = evaluate(containerMemoryRatio, snapshot).filter(({labels}) =>
      workers.has(labels.container ?? ''),
    )
    return judgeSamples(samples, {
      subject: ({labels}) => labels.container ?? '',
      say: ({labels, value, note}) => `${labels.container} uses ${percent(value ?? 0)} ${note ?? ''}`,
      pass: judged => `at most ${percent(Math.max(...judged.map(({value}) => value ?? 0)))}`,
      remedies: alerting => [
        decide(
          'raise mem_limit, or let pool processes be replaced: --max-memory-per-child, --max-tasks-per-child',
        ),
        ...alerting.map(({labels}) =>
          confirmBy('now', 'docker', 'stats', '--no-stream', labels.container ?? ''),
        ),
      ],
    })
  },
})
