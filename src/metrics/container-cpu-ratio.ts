import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const containerCpuRatio: Metric = {
  id: 'container_cpu_ratio',
  title: 'Container CPU',
  help: 'CPU time over what the container may use: its limit, else all CPUs of the engine.',
  unit: 'ratio',
  per: ['container'],
  reads: ['stats'],
  target: null,
  warning: {above: 0.8},
  measure: ({sources}) =>
    (factsFrom(sources.stats)?.containers ?? []).map(container => ({
      labels: {container: container.name},
      value: container.cpuRatio,
      source: 'stats',
      since: null,
      samples: null,
      note: `of ${Number(container.cpus.toFixed(2))} ${container.cpus === 1 ? 'CPU' : 'CPUs'}`,
    })),
}
