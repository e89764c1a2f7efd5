import {duration} from '../render/text/duration.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {RedisFacts} from '../snapshot/redis.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {toldByLog} from './log-causes.ts'
import {affectedBy, containerOf, redisCli} from './names.ts'

export const redisWritable = defineCheck({
  id: 'redis.writable',
  category: 'redis',
  title: 'Redis takes writes',
  why: 'A Redis that refuses writes still answers PONG, but no task can be sent, taken or finished.',
  looksAt:
    'The answer to PING (BUSY), and INFO: loading (LOADING), role (READONLY), the last saves of RDB and AOF (MISCONF), memory at its limit (OOM), replicas (NOREPLICAS).',
  confirm: [
    'docker exec hub-redis redis-cli INFO persistence',
    'docker exec hub-redis redis-cli INFO replication',
  ],
  cure: ['docker exec hub-redis redis-cli BGSAVE', 'docker exec hub-redis redis-cli REPLICAOF NO ONE'],
  severity: 'critical',
  phase: 'running',
  needs: ['redis'],
  reads: ['logs'],
  follows: ['host.disk'],
  judge(snapshot, {redis}) {
    const refusal =
      busy(snapshot, redis) ??
      loading(snapshot, redis) ??
      readOnly(snapshot, redis) ??
      unsaved(snapshot, redis) ??
      full(snapshot, redis) ??
      alone(snapshot, redis)
    if (refusal !== null) return refusal
    return redis.role === null
      ? skip('Redis does not tell its state (INFO)')
      : pass('nothing makes it refuse them')
  },
})

/** Redis itself says which command ends what keeps it. */
function busy(snapshot: Snapshot, {refusal}: RedisFacts): Outcome | null {
  if (refusal?.startsWith('BUSY') !== true) return null
  const kill = /\b(SCRIPT|FUNCTION) KILL\b/.exec(refusal)?.[1]
  return fail('BUSY: a script does not end, and Redis refuses everything until it does', {
    affects: affectedBy(snapshot, 'redis'),
    evidence: [{label: 'PING', value: refusal}],
    remedies: [
      ...(kill === undefined
        ? []
        : [cureBy('end it, as long as it has written nothing', ...redisCli(snapshot, kill, 'KILL'))]),
      decide('wait for its end; SHUTDOWN NOSAVE ends it, too, and loses what Redis has not saved'),
    ],
  })
}

function loading(snapshot: Snapshot, {loading: {active, etaSeconds}}: RedisFacts): Outcome | null {
  if (!active) return null
  const left = etaSeconds === null ? '' : `, about ${duration(etaSeconds)} left`
  return fail(`LOADING: Redis is reading its data from disk${left}; it refuses everything until then`, {
    affects: affectedBy(snapshot, 'redis'),
    evidence: [{label: 'time left', value: etaSeconds, unit: 'seconds'}],
    remedies: [
      confirmBy('how far it is', ...redisCli(snapshot, 'INFO', 'persistence')),
      decide('wait: restarting it would start the reading again'),
    ],
  })
}

function readOnly(snapshot: Snapshot, {role, masterHost, masterLink}: RedisFacts): Outcome | null {
  if (role !== 'replica') return null
  const master = masterHost ?? 'an unknown master'
  const outOfReach = masterLink === 'down'
  const how = outOfReach
    ? ', which it cannot reach, and refuses writes; its data is lost once it can'
    : ', whose data it has, and refuses writes'
  const whoseIsIt = decide(
    'after a failover: point the hub at the master; if nobody set this up, take it for a break-in: close the port, set a password, rebuild the volume',
  )
  const free = cureBy(
    outOfReach ? 'make it a master again, before its data is replaced' : 'make it a master again',
    ...redisCli(snapshot, 'REPLICAOF', 'NO', 'ONE'),
  )
  return fail(`READONLY: this Redis is a replica of ${master}${how}`, {
    affects: affectedBy(snapshot, 'redis'),
    evidence: [
      {label: 'master', value: masterHost},
      {label: 'link to it', value: masterLink ?? null},
    ],
    remedies: [
      confirmBy('whom it follows', ...redisCli(snapshot, 'INFO', 'replication')),
      ...(outOfReach ? [free, whoseIsIt] : [whoseIsIt, free]),
    ],
  })
}

function unsaved(snapshot: Snapshot, {persistence}: RedisFacts): Outcome | null {
  const {aof, aofLastWriteOk, rdbLastSaveOk, rdbSaves, stopWritesOnSaveError} = persistence
  const aofFails = aof !== false && aofLastWriteOk === false
  const rdbFails = rdbLastSaveOk === false && rdbSaves !== false
  if (!aofFails && !rdbFails) return null
  const refuses = aofFails || stopWritesOnSaveError !== false
  const what = aofFails ? 'the last write of the AOF failed' : 'the last background save failed'
  return fail(`${refuses ? 'MISCONF: ' : ''}${what}${refuses ? ', so Redis refuses writes' : ''}`, {
    severity: refuses ? 'critical' : 'warning',
    affects: affectedBy(snapshot, 'redis'),
    evidence: [
      {label: 'rdb_last_bgsave_status', value: rdbLastSaveOk === false ? 'err' : 'ok'},
      {label: 'aof_last_write_status', value: aofLastWriteOk === false ? 'err' : 'ok'},
      {label: 'last save', value: persistence.lastSaveAt},
      ...(toldByLog(snapshot, containerOf(snapshot, 'redis'))?.evidence ?? []),
    ],
    remedies: [
      ...(toldByLog(snapshot, containerOf(snapshot, 'redis'))?.cures ?? []),
      confirmBy('what failed', ...redisCli(snapshot, 'INFO', 'persistence')),
      decide(
        'free disk space or memory, mend the rights of its data directory, set vm.overcommit_memory=1 on the host',
      ),
      cureBy('then save, which lifts the refusal', ...redisCli(snapshot, 'BGSAVE')),
    ],
  })
}

/** Of a master that is to have replicas. */
function alone(snapshot: Snapshot, {replicas}: RedisFacts): Outcome | null {
  if (replicas === undefined || replicas.good >= (replicas.needed ?? 1)) return null
  const needed = replicas.needed ?? 'more'
  return fail(`NOREPLICAS: ${replicas.good} of ${needed} replicas are in touch, so Redis refuses writes`, {
    affects: affectedBy(snapshot, 'redis'),
    evidence: [{label: 'replicas', value: replicas.good, unit: 'count', bound: `below ${needed}`}],
    remedies: [
      confirmBy('which are in touch', ...redisCli(snapshot, 'INFO', 'replication')),
      decide('start its replicas again'),
      cureBy(
        'or do without them until its next start',
        ...redisCli(snapshot, 'CONFIG', 'SET', 'min-replicas-to-write', '0'),
      ),
    ],
  })
}

function full(snapshot: Snapshot, {memory: {usedBytes, maxBytes, policy}}: RedisFacts): Outcome | null {
  if (usedBytes === null || maxBytes === null || policy !== 'noeviction' || usedBytes < maxBytes) return null
  return fail('OOM: memory is at its limit, so Redis refuses writes', {
    affects: affectedBy(snapshot, 'redis'),
    evidence: [
      {label: 'used', value: usedBytes, unit: 'bytes'},
      {label: 'maxmemory', value: maxBytes, unit: 'bytes'},
    ],
    remedies: [
      confirmBy('who uses it', ...redisCli(snapshot, 'MEMORY', 'DOCTOR')),
      cureBy(
        'give it room until its next start',
        ...redisCli(snapshot, 'CONFIG', 'SET', 'maxmemory', String(maxBytes * 2)),
      ),
    ],
  })
}
