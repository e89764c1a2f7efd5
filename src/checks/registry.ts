import {celeryConsuming} from './celery.consuming.ts'
import {celeryEta} from './celery.eta.ts'
import {celeryEventsOn} from './celery.events-on.ts'
import {celeryMessageSize} from './celery.message-size.ts'
import {celeryNodeNames} from './celery.node-names.ts'
import {celeryNodesAlike} from './celery.nodes-alike.ts'
import {celeryNodesAnswering} from './celery.nodes-answering.ts'
import {celeryNodesOnline} from './celery.nodes-online.ts'
import {celeryPoolProcesses} from './celery.pool-processes.ts'
import {celeryPrefetch} from './celery.prefetch.ts'
import {celeryQueueConsumers} from './celery.queue-consumers.ts'
import {celeryQueueDepth} from './celery.queue-depth.ts'
import {celeryReplyLists} from './celery.reply-lists.ts'
import {celeryResultsExpire} from './celery.results-expire.ts'
import {celeryRunningTasks} from './celery.running-tasks.ts'
import {celeryTakenAway} from './celery.taken-away.ts'
import {celeryTasksRegistered} from './celery.tasks-registered.ts'
import {celeryUnacked} from './celery.unacked.ts'
import {celeryVisibilityTimeout} from './celery.visibility-timeout.ts'
import type {Check} from './check.ts'
import {composeAvailable} from './compose.available.ts'
import {composeFileValid} from './compose.file-valid.ts'
import {dockerPermission} from './docker.permission.ts'
import {dockerReachable} from './docker.reachable.ts'
import {dockerVersion} from './docker.version.ts'
import {flowerApi} from './flower.api.ts'
import {flowerExposed} from './flower.exposed.ts'
import {flowerMetricsOpen} from './flower.metrics-open.ts'
import {flowerReachable} from './flower.reachable.ts'
import {flowerSeesNodes} from './flower.sees-nodes.ts'
import {hostClock} from './host.clock.ts'
import {hostDisk} from './host.disk.ts'
import {hostPortsFree} from './host.ports-free.ts'
import {recorderComplete} from './recorder.complete.ts'
import {recorderKeepsUp} from './recorder.keeps-up.ts'
import {recorderRecords} from './recorder.records.ts'
import {recorderRoom} from './recorder.room.ts'
import {recorderVersions} from './recorder.versions.ts'
import {redisClients} from './redis.clients.ts'
import {redisEviction} from './redis.eviction.ts'
import {redisExposed} from './redis.exposed.ts'
import {redisMemory} from './redis.memory.ts'
import {redisPersistence} from './redis.persistence.ts'
import {redisReachable} from './redis.reachable.ts'
import {redisWritable} from './redis.writable.ts'
import {securityAllowList} from './security.allow-list.ts'
import {securityAroundTheProxy} from './security.around-the-proxy.ts'
import {securityAsksFirst} from './security.asks-first.ts'
import {securityCertificate} from './security.certificate.ts'
import {securityContainers} from './security.containers.ts'
import {securityHttps} from './security.https.ts'
import {securityImagesPinned} from './security.images-pinned.ts'
import {securityKnownDefaults} from './security.known-defaults.ts'
import {securityLeastRights} from './security.least-rights.ts'
import {securityReachable} from './security.reachable.ts'
import {securityRedisPassword} from './security.redis-password.ts'
import {securitySecretsHidden} from './security.secrets-hidden.ts'
import {securityTlsVersions} from './security.tls-versions.ts'
import {stackCpu} from './stack.cpu.ts'
import {stackHealthy} from './stack.healthy.ts'
import {stackLeftOut} from './stack.left-out.ts'
import {stackMemory} from './stack.memory.ts'
import {stackOomKilled} from './stack.oom-killed.ts'
import {stackPresent} from './stack.present.ts'
import {stackRestartLoop} from './stack.restart-loop.ts'
import {stackRunning} from './stack.running.ts'
import {stackStopSignal} from './stack.stop-signal.ts'
import {stackUnchanged} from './stack.unchanged.ts'
import {tasksDuration} from './tasks.duration.ts'
import {tasksFailed} from './tasks.failed.ts'
import {tasksFailureRatio} from './tasks.failure-ratio.ts'
import {tasksProcessLost} from './tasks.process-lost.ts'
import {tasksRetryRatio} from './tasks.retry-ratio.ts'

/** Every check, in the order of the report: what the others stand on comes first. */
export const checks: readonly Check[] = [
  dockerPermission,
  dockerReachable,
  dockerVersion,
  composeAvailable,
  composeFileValid,
  hostPortsFree,
  hostDisk,
  hostClock,
  stackPresent,
  stackOomKilled,
  stackRestartLoop,
  stackRunning,
  stackHealthy,
  stackUnchanged,
  stackLeftOut,
  stackStopSignal,
  stackCpu,
  stackMemory,
  redisReachable,
  redisWritable,
  redisEviction,
  redisMemory,
  redisPersistence,
  redisClients,
  redisExposed,
  celeryNodesAnswering,
  celeryNodesOnline,
  celeryNodeNames,
  celeryNodesAlike,
  celeryPoolProcesses,
  celeryConsuming,
  celeryQueueConsumers,
  celeryTasksRegistered,
  celeryRunningTasks,
  celeryQueueDepth,
  celeryPrefetch,
  celeryUnacked,
  celeryVisibilityTimeout,
  celeryEta,
  celeryMessageSize,
  celeryTakenAway,
  celeryReplyLists,
  celeryResultsExpire,
  celeryEventsOn,
  tasksProcessLost,
  tasksFailureRatio,
  tasksDuration,
  tasksFailed,
  tasksRetryRatio,
  flowerReachable,
  flowerApi,
  flowerSeesNodes,
  flowerExposed,
  flowerMetricsOpen,
  recorderRecords,
  recorderKeepsUp,
  recorderRoom,
  recorderComplete,
  recorderVersions,
  securityReachable,
  securityAroundTheProxy,
  securityKnownDefaults,
  securityAsksFirst,
  securityHttps,
  securityCertificate,
  securityTlsVersions,
  securityAllowList,
  securityRedisPassword,
  securityLeastRights,
  securitySecretsHidden,
  securityContainers,
  securityImagesPinned,
]
