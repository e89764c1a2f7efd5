import {containerMemoryRatio} from '../metrics/container-memory-ratio.ts'
import {defineCheck, onCompose} from './check.ts'
import {judgeWorkerLoads} from './worker-loads.ts'

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
  metric: 'container_memory_ratio',
  needs: ['stats'],
  reads: ['docker'],
  appliesTo: onCompose,
  judge: snapshot =>
    judgeWorkerLoads(
      containerMemoryRatio,
      snapshot,
      'raise mem_limit, or let pool processes be replaced: --max-memory-per-child, --max-tasks-per-child',
    ),
})
