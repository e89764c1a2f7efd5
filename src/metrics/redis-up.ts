import type {Metric} from './metric.ts'

export const redisUp: Metric = {
  id: 'redis_up',
  title: 'Redis answers',
  help: '1 where Redis let hub-mon in and answered a PING, else 0; not measured where the way to it was not found.',
  unit: 'count',
  per: [],
  reads: ['redis'],
  target: null,
  critical: {below: 1},
  // Within a restart nobody needs to be woken.
  forSeconds: 30,
  alarm: 'Redis does not answer',
  measure: ({sources}) => {
    const {redis} = sources
    const common = {labels: {}, since: null, samples: null}
    if (redis === undefined) return [{...common, value: null, source: null}]
    if (redis.status !== 'unavailable') return [{...common, value: 1, source: 'redis'}]
    const {because, message} = redis.error
    const isFound = because === undefined || sources[because]?.status !== 'unavailable'
    return [
      {...common, note: message, ...(isFound ? {value: 0, source: 'redis'} : {value: null, source: null})},
    ]
  },
}
