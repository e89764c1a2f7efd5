import {factsFrom} from '../snapshot/reading.ts'
import type {Metric} from './metric.ts'

export const redisMemoryRatio: Metric = {
  id: 'redis_memory_ratio',
  title: 'Redis memory',
  help: "Memory that Redis uses over its maxmemory, else over its container's limit.",
  unit: 'ratio',
  per: [],
  reads: ['redis', 'docker'],
  target: null,
  warning: {above: 0.75},
  critical: {above: 0.9},
  measure: ({sources}) => {
    const {usedBytes = null, maxBytes = null} = factsFrom(sources.redis)?.memory ?? {}
    const container = factsFrom(sources.docker)?.containers.find(({role}) => role === 'redis')
    const limit = maxBytes ?? container?.limits.memoryBytes ?? null
    const value = usedBytes === null || limit === null || limit === 0 ? null : usedBytes / limit
    return [
      {
        ...{labels: {}, value, source: value === null ? null : 'redis', since: null, samples: null},
        ...(maxBytes === null && value !== null
          ? {note: "of its container's limit: maxmemory is not set"}
          : {}),
        ...(limit === null && usedBytes !== null ? {note: 'no limit is set'} : {}),
      },
    ]
  },
}
