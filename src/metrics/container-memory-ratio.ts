import {perContainer} from './container-loads.ts'
import type {Metric} from './metric.ts'

export const containerMemoryRatio: Metric = {
  id: 'container_memory_ratio',
  title: 'Container memory',
  help: "Memory without the page cache over the container's limit, else over that of the host.",
  unit: 'ratio',
  per: ['container'],
  reads: ['stats'],
  target: null,
  warning: {above: 0.8},
  forSeconds: 300,
  measure: snapshot =>
    perContainer(snapshot, ({memoryRatio, memoryOf}) => ({
      value: memoryRatio,
      note: memoryOf === 'limit' ? 'of its limit' : "of the host's memory: no limit is set",
    })),
}
