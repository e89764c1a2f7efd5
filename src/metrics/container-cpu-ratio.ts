import {perContainer} from './container-loads.ts'
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
  forSeconds: 300,
  measure: snapshot =>
    perContainer(snapshot, ({cpuRatio, cpus}) => ({
      value: cpuRatio,
      note: `of ${Number(cpus.toFixed(2))} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
    })),
}
