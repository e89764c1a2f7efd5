import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {celeryNodesOnline} from './celery-nodes-online.ts'
import {celeryPoolProcesses} from './celery-pool-processes.ts'
import {celeryTaskRunningSeconds} from './celery-task-running-seconds.ts'
import {celeryTasksRunning} from './celery-tasks-running.ts'
import {containerCpuRatio} from './container-cpu-ratio.ts'
import {containerMemoryRatio} from './container-memory-ratio.ts'
import type {Metric} from './metric.ts'
import {queueMessages} from './queue-messages.ts'
import {queueUnackedMessages} from './queue-unacked-messages.ts'
import {redisMemoryRatio} from './redis-memory-ratio.ts'
import {redisUp} from './redis-up.ts'
import {taskFailedTotal} from './task-failed-total.ts'
import {taskFailureRatio} from './task-failure-ratio.ts'
import {taskRetryRatio} from './task-retry-ratio.ts'
import {taskRuntimeP95Seconds} from './task-runtime-p95-seconds.ts'
import {taskRuntimeSeconds} from './task-runtime-seconds.ts'
import {taskSuccessRatio} from './task-success-ratio.ts'
import {taskWaitP95Seconds} from './task-wait-p95-seconds.ts'
import {taskWaitSeconds} from './task-wait-seconds.ts'

/** Every metric, in the order of the tables. */
export const metrics: readonly Metric[] = [
  taskSuccessRatio,
  taskFailureRatio,
  taskRetryRatio,
  taskRuntimeSeconds,
  taskRuntimeP95Seconds,
  taskWaitSeconds,
  taskWaitP95Seconds,
  taskFailedTotal,
  queueMessages,
  queueUnackedMessages,
  celeryNodesOnline,
  celeryPoolProcesses,
  celeryTasksRunning,
  celeryTaskRunningSeconds,
  containerCpuRatio,
  containerMemoryRatio,
  redisUp,
  redisMemoryRatio,
]

/** Those that a snapshot can tell: of a window alone, what history tells; else all. */
export function metricsOf({sources}: Pick<Snapshot, 'sources'>): readonly Metric[] {
  if (factsFrom(sources.history) === undefined || sources.celery !== undefined) return metrics
  return metrics.filter(({reads}) => reads.includes('history'))
}
