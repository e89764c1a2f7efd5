import type {FindingStatus} from '../../../src/report/finding.ts'
import type {Node, UnackedMessage} from '../../../src/snapshot/celery.ts'
import type {Container, ContainerRights} from '../../../src/snapshot/docker.ts'
import type {RecorderFacts} from '../../../src/snapshot/history.ts'
import type {OutsideAddress} from '../../../src/snapshot/outside.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {factsIn, hub, inContainer, noRecorder, unreadable} from '../../fixtures/broken.ts'
import {
  answers,
  conf,
  container,
  flow,
  node,
  queue,
  rights,
  runningTask,
  sample,
  takenAt,
  unacked,
} from '../../fixtures/healthy.ts'
import {certificate, hsts, production, secureIn} from '../../fixtures/production.ts'

/** One way in which a check fails, with everything else in order. */
export type Failure = {
  check: string
  when: string
  broken: () => Snapshot
  status: FindingStatus
  /** Figures and names that the message must give. */
  says: RegExp
  /** A command line that must be offered, its words joined by blanks. */
  offers?: string
}

const failures: Failure[] = []

function breaks(
  check: string,
  when: string,
  status: FindingStatus,
  says: RegExp,
  offers: string | null,
  change: (snapshot: Snapshot) => void,
): void {
  failures.push({
    ...{check, when, status, says, broken: () => hub(change)},
    ...(offers === null ? {} : {offers}),
  })
}

/** The engine is away and so is what is found through it. */
function engineGone(snapshot: Snapshot, code: string, message: string): void {
  unreadable(snapshot, 'docker', {code, message})
  for (const source of ['stats', 'redis', 'celery', 'results', 'flower', 'history', 'outside'] as const)
    unreadable(snapshot, source, {code, message, because: 'docker'})
}

function redisGone(snapshot: Snapshot, code: string, message: string): void {
  unreadable(snapshot, 'redis', {code, message})
  for (const source of ['celery', 'results', 'history'] as const)
    unreadable(snapshot, source, {code, message, because: 'redis'})
}

/** The same of a hub in production. */
function opens(
  check: `security.${string}`,
  when: string,
  status: FindingStatus,
  says: RegExp,
  offers: string | null,
  change: (snapshot: Snapshot) => void,
): void {
  failures.push({
    ...{check, when, status, says, broken: () => production(change)},
    ...(offers === null ? {} : {offers}),
  })
}

const start = 'sudo systemctl start docker'
breaks('docker.reachable', 'not running', 'critical', /not running/, start, snapshot =>
  engineGone(snapshot, 'not-running', 'the Docker engine is not running'),
)
breaks('docker.reachable', 'DOCKER_HOST is wrong', 'critical', /tcp/, 'docker version', snapshot =>
  engineGone(snapshot, 'wrong-host', 'no Docker engine can be reached at tcp://nowhere:2375'),
)
breaks('docker.permission', 'not in the group', 'critical', /permission/, 'sudo hub-mon doctor', snapshot =>
  engineGone(snapshot, 'permission', 'no permission to use the Docker engine at /var/run/docker.sock'),
)
breaks('docker.version', 'of 19.03', 'notice', /1\.40/, 'docker version', snapshot => {
  Object.assign(factsIn(snapshot, 'docker').engine, {version: '19.03.15', apiVersion: '1.40'})
})
breaks('docker.version', 'of 18.09', 'warning', /18\.09\.1 speaks API 1\.39/, 'docker version', snapshot => {
  Object.assign(factsIn(snapshot, 'docker').engine, {version: '18.09.1', apiVersion: '1.39'})
})
breaks('compose.available', 'none', 'warning', /not found/, 'docker compose version', snapshot =>
  unreadable(snapshot, 'compose', {code: 'missing', message: 'Docker Compose was not found'}),
)
breaks('compose.available', 'v1', 'notice', /end of life/, 'docker compose version', snapshot => {
  factsIn(snapshot, 'compose').binary = {command: ['docker-compose'], version: '1.29.2', major: 1}
})
const compose = 'docker compose -f /srv/hub/docker-compose.monitoring.yml config'
breaks('compose.file-valid', 'refused', 'warning', /services\.redis/, `${compose} --quiet`, snapshot => {
  const value = {...factsIn(snapshot, 'compose'), config: null}
  const error = {code: 'file-invalid', message: 'services.redis Additional property ports_ is not allowed'}
  snapshot.sources.compose = {status: 'partial', value, error, startedAt: takenAt, durationSeconds: 0.3}
})
breaks('compose.file-valid', 'nothing runs', 'critical', /line 157/, `${compose} --quiet`, snapshot => {
  factsIn(snapshot, 'docker').containers = []
  factsIn(snapshot, 'stats').containers = []
  const value = {...factsIn(snapshot, 'compose'), config: null}
  const error = {code: 'file-invalid', message: 'yaml: line 157: did not find expected node content'}
  snapshot.sources.compose = {status: 'partial', value, error, startedAt: takenAt, durationSeconds: 0.3}
  redisGone(snapshot, 'no-address', 'the stack has no Redis service')
  unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'the project runs no Flower'})
})
breaks('host.disk', 'nearly full', 'warning', /1\.1 GiB of 60 GiB/, 'docker system prune', snapshot => {
  Object.assign(factsIn(snapshot, 'host').disk ?? {}, {freeBytes: 1_200_000_000})
})
breaks('host.disk', 'full', 'critical', /95 MiB/, 'docker system df', snapshot => {
  Object.assign(factsIn(snapshot, 'host').disk ?? {}, {freeBytes: 100_000_000})
})
breaks('host.disk', 'this machine cannot be asked', 'notice', /asked/, 'df -h', snapshot =>
  unreadable(snapshot, 'host', {code: 'timeout', message: 'host did not answer within 3 s'}),
)
breaks('host.clock', 'Redis is behind', 'warning', /Redis is 2 min behind/, 'timedatectl', snapshot => {
  factsIn(snapshot, 'redis').clockOffsetSeconds = -120
})
const nodesClock = (seconds: number) => (snapshot: Snapshot) => {
  for (const one of factsIn(snapshot, 'celery').nodes) one.clockOffsetSeconds = seconds
}
const dateThere = 'docker exec hub-celery-worker date -u'
breaks('host.clock', 'a node is ahead', 'warning', /-worker is 1 h ahead$/, dateThere, nodesClock(3600))
breaks('host.clock', 'a node is behind', 'warning', /-worker is 20 s behind$/, dateThere, nodesClock(-20))
breaks(
  'host.clock',
  'this machine is the one that is off',
  'warning',
  /^this machine is 1 h ahead$/,
  'timedatectl',
  snapshot => {
    factsIn(snapshot, 'redis').clockOffsetSeconds = -3600
    factsIn(snapshot, 'docker').engine.clockOffsetSeconds = -3599
    nodesClock(-3598)(snapshot)
  },
)

breaks(
  'stack.present',
  'nothing there',
  'critical',
  /acme/,
  'hub-mon doctor --project-name acme',
  snapshot => {
    Object.assign(factsIn(snapshot, 'docker'), {containers: [], otherProjects: ['acme']})
    factsIn(snapshot, 'stats').containers = []
    redisGone(snapshot, 'no-address', 'the stack has no Redis service')
    unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'the project runs no Flower'})
  },
)
breaks(
  'stack.present',
  'its volume was removed, too',
  'critical',
  /^no container of hub exists; redis: its external volume kept is not here$/,
  'hub-mon up',
  snapshot => {
    Object.assign(factsIn(snapshot, 'docker'), {containers: []})
    factsIn(snapshot, 'stats').containers = []
    factsIn(snapshot, 'host').obstacles = [
      {service: 'redis', image: 'redis:9'},
      {service: 'redis', volume: 'kept'},
      {service: 'redis', container: 'hub-redis', project: 'other'},
    ]
    redisGone(snapshot, 'no-address', 'the stack has no Redis service')
    unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'the project runs no Flower'})
  },
)
breaks(
  'stack.present',
  'started from another file',
  'warning',
  /\/old\/hub\.yml/,
  'hub-mon doctor --file /old/hub.yml --project-name hub',
  snapshot => {
    snapshot.target.startedFromOther = '/old/hub.yml'
  },
)
breaks('stack.oom-killed', 'the worker', 'critical', /celery-worker.*512 MiB/, 'hub-mon up', snapshot => {
  inContainer(snapshot, 'celery-worker', {state: 'exited', exitCode: 137, oomKilled: true, health: null})
})
breaks('stack.oom-killed', 'a pool process', 'warning', /had a process killed/, 'hub-mon up', snapshot => {
  inContainer(snapshot, 'celery-worker', {oomKilled: true})
})
const log = 'docker logs --tail 20 hub-celery-worker'
breaks('stack.restart-loop', 'between two starts', 'critical', /exit code 3.*7 restarts/, log, snapshot => {
  inContainer(snapshot, 'celery-worker', {state: 'restarting', exitCode: 3, restartCount: 7, health: null})
})
breaks('stack.restart-loop', 'up for a moment', 'warning', /4 restarts, the last 50 s ago/, log, snapshot => {
  inContainer(snapshot, 'celery-worker', {restartCount: 4, startedAt: '2026-11-23T08:59:10.000Z'})
})
breaks(
  'stack.restart-loop',
  'up for as long as each time before',
  'warning',
  /4 restarts, the last 4 min ago/,
  log,
  snapshot => {
    inContainer(snapshot, 'celery-worker', {
      ...{restartCount: 4, createdAt: '2026-11-23T08:36:00.000Z'},
      ...{finishedAt: '2026-11-23T08:55:59.500Z', startedAt: '2026-11-23T08:56:00.000Z'},
    })
  },
)
breaks(
  'stack.restart-loop',
  'up until it dies again',
  'critical',
  /4 restarts, the last 0 s ago/,
  log,
  snapshot => {
    // Started while the snapshot was taken.
    const startedAt = '2026-11-23T09:00:00.300Z'
    inContainer(snapshot, 'celery-worker', {restartCount: 4, health: 'starting', startedAt})
  },
)
breaks('stack.running', 'the worker exited', 'critical', /exited with code 1/, 'hub-mon up', snapshot => {
  inContainer(snapshot, 'celery-worker', {state: 'exited', exitCode: 1, health: null})
})
breaks(
  'stack.running',
  'Redis was stopped',
  'critical',
  /stopped \(exit code 0\)/,
  'hub-mon up',
  snapshot => {
    inContainer(snapshot, 'redis', {state: 'exited', health: null})
    redisGone(snapshot, 'refused', 'the container hub-redis is not running')
  },
)
breaks('stack.running', 'paused', 'critical', /paused/, 'docker unpause hub-celery-worker', snapshot => {
  inContainer(snapshot, 'celery-worker', {state: 'paused'})
})
const attach = 'docker network connect --alias redis hub_default hub-redis'
breaks(
  'stack.running',
  'on no network',
  'critical',
  /redis runs, but is attached to no/,
  attach,
  snapshot => {
    inContainer(snapshot, 'redis', {networks: [], addresses: [], ports: []})
    inContainer(snapshot, 'celery-worker', {networks: ['hub_default']})
  },
)
breaks('stack.running', 'never started', 'warning', /port is already allocated/, 'hub-mon up', snapshot => {
  inContainer(snapshot, 'flower', {state: 'created', health: null, error: 'port is already allocated'})
  unreadable(snapshot, 'flower', {code: 'not-running', message: 'the container hub-flower is created'})
})
breaks('stack.running', 'no container', 'warning', /flower has no container/, 'hub-mon up', snapshot => {
  const docker = factsIn(snapshot, 'docker')
  docker.containers = docker.containers.filter(({role}) => role !== 'flower')
  unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'the project runs no Flower'})
})
breaks(
  'stack.running',
  'its port is taken',
  'warning',
  /port 5555 is held by nginx \(pid 7\)$/,
  'hub-mon up',
  snapshot => {
    inContainer(snapshot, 'flower', {state: 'created', health: null, error: 'port is already allocated'})
    unreadable(snapshot, 'flower', {code: 'not-running', message: 'the container hub-flower is created'})
    const holder = {pid: 7, command: 'nginx'}
    factsIn(snapshot, 'host').ports = [
      {hostIp: '127.0.0.1', port: 5555, service: 'flower', free: false, holder},
    ]
  },
)
breaks(
  'stack.running',
  'its image, its volume and its name',
  'warning',
  /image flower:9 is not here, its external volume state is not here, .*of other$/,
  'hub-mon up',
  snapshot => {
    const docker = factsIn(snapshot, 'docker')
    docker.containers = docker.containers.filter(({role}) => role !== 'flower')
    unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'the project runs no Flower'})
    factsIn(snapshot, 'host').obstacles = [
      {service: 'flower', image: 'flower:9'},
      {service: 'flower', volume: 'state'},
      {service: 'flower', container: 'hub-flower', project: 'other'},
    ]
  },
)
breaks('stack.stop-signal', 'a shell', 'warning', /-worker, sh keeps SIGTERM/, 'hub-mon up', snapshot => {
  inContainer(snapshot, 'celery-worker', {swallowsStop: 'sh'})
})
breaks('stack.healthy', 'unhealthy', 'critical', /no pong/, 'hub-mon restart celery-worker', snapshot => {
  inContainer(snapshot, 'celery-worker', {health: 'unhealthy', healthOutput: 'trying\nno pong'})
})
breaks('stack.unchanged', 'edited', 'notice', /restart would not apply/, `${compose} --hash *`, snapshot => {
  inContainer(snapshot, 'celery-worker', {configHash: 'older'})
})
breaks('stack.left-out', 'a stand-in', 'notice', /flower left out.*debian/, 'hub-mon up --pull', snapshot => {
  inContainer(snapshot, 'celery-worker', {builtFrom: 'debian 12', without: ['flower']})
  const docker = factsIn(snapshot, 'docker')
  docker.containers = docker.containers.filter(({role}) => role !== 'flower')
  unreadable(snapshot, 'flower', {code: 'left-out', message: 'Flower was left out'})
})
const stats = 'docker stats --no-stream hub-celery-worker'
breaks('stack.cpu', 'busy', 'warning', /hub-celery-worker uses 94 % of 4 CPUs/, stats, snapshot => {
  Object.assign(factsIn(snapshot, 'stats').containers[1] ?? {}, {cpuRatio: 0.94})
})
breaks('stack.cpu', 'not measured', 'notice', /could not be read/, 'docker stats --no-stream', snapshot =>
  unreadable(snapshot, 'stats', {code: 'timeout', message: 'stats did not answer within 3 s'}),
)
breaks('stack.memory', 'nearly full', 'warning', /uses 91 % of its limit/, stats, snapshot => {
  Object.assign(factsIn(snapshot, 'stats').containers[1] ?? {}, {memoryRatio: 0.91})
})

for (const [code, offers] of [
  ['refused', 'hub-mon restart redis'],
  ['timeout', 'docker exec hub-redis redis-cli ping'],
  ['name-not-found', 'docker logs --tail 20 hub-redis'],
  ['no-auth', null],
  ['wrong-password', null],
  ['no-permission', null],
  ['tls-mismatch', null],
  ['not-redis', null],
  ['max-clients', 'hub-mon restart celery-worker'],
  ['no-address', 'hub-mon restart redis'],
  ['unsupported', null],
  ['no-database', null],
] as const)
  breaks('redis.reachable', code, 'critical', /10\.0\.0\.5/, offers, snapshot =>
    redisGone(snapshot, code, '10.0.0.5:6379 cannot be used'),
  )
const redisCli = 'docker exec hub-redis redis-cli'
breaks('redis.writable', 'LOADING', 'critical', /LOADING.*12 s/, `${redisCli} INFO persistence`, snapshot => {
  factsIn(snapshot, 'redis').loading = {active: true, etaSeconds: 12}
})
breaks('redis.writable', 'MISCONF', 'critical', /MISCONF/, `${redisCli} BGSAVE`, snapshot => {
  factsIn(snapshot, 'redis').persistence.rdbLastSaveOk = false
})
breaks('redis.writable', 'saves fail, writes go on', 'warning', /save failed/, null, snapshot => {
  Object.assign(factsIn(snapshot, 'redis').persistence, {rdbLastSaveOk: false, stopWritesOnSaveError: false})
})
breaks('redis.writable', 'READONLY', 'critical', /6\.6\.6\.6/, `${redisCli} REPLICAOF NO ONE`, snapshot => {
  Object.assign(factsIn(snapshot, 'redis'), {role: 'replica', masterHost: '6.6.6.6'})
})
breaks(
  'redis.writable',
  'master away',
  'critical',
  /cannot reach/,
  `${redisCli} REPLICAOF NO ONE`,
  snapshot => {
    Object.assign(factsIn(snapshot, 'redis'), {role: 'replica', masterHost: '6.6.6.6', masterLink: 'down'})
  },
)
const fewer = `${redisCli} CONFIG SET min-replicas-to-write 0`
breaks('redis.writable', 'NOREPLICAS', 'critical', /^NOREPLICAS: 1 of 2 replicas/, fewer, snapshot => {
  factsIn(snapshot, 'redis').replicas = {good: 1, needed: 2}
})
breaks('redis.writable', 'BUSY', 'critical', /^BUSY: a script/, `${redisCli} FUNCTION KILL`, snapshot => {
  factsIn(snapshot, 'redis').refusal = 'BUSY Redis is busy running a script. You can only call FUNCTION KILL.'
})
breaks('redis.writable', 'OOM', 'critical', /OOM/, `${redisCli} CONFIG SET maxmemory 536870912`, snapshot => {
  factsIn(snapshot, 'redis').memory.usedBytes = 268_435_456
})
breaks('redis.memory', 'nearly full', 'warning', /80 % of 256 MiB/, `${redisCli} MEMORY DOCTOR`, snapshot => {
  factsIn(snapshot, 'redis').memory.usedBytes = 214_748_365
})
breaks('redis.memory', 'no limit', 'notice', /no limit is set/, null, snapshot => {
  factsIn(snapshot, 'redis').memory.maxBytes = null
  inContainer(snapshot, 'redis', {limits: {cpus: null, memoryBytes: null}})
})
const keep = `${redisCli} CONFIG SET maxmemory-policy noeviction`
breaks('redis.eviction', 'a policy that evicts', 'warning', /volatile-lru/, keep, snapshot => {
  factsIn(snapshot, 'redis').memory.policy = 'volatile-lru'
})
breaks('redis.eviction', 'keys evicted', 'critical', /^812 keys evicted; the policy/, keep, snapshot => {
  Object.assign(factsIn(snapshot, 'redis').memory, {policy: 'volatile-lru', evictedKeys: 812})
})
const resetStat = `${redisCli} CONFIG RESETSTAT`
breaks('redis.eviction', 'keys evicted before', 'notice', /812 keys .* earlier/, resetStat, snapshot => {
  factsIn(snapshot, 'redis').memory.evictedKeys = 812
})
breaks('redis.persistence', 'none', 'warning', /loses all/, `${redisCli} INFO persistence`, snapshot => {
  Object.assign(factsIn(snapshot, 'redis').persistence, {aof: false, rdbSaves: false})
})
const mounts = 'docker inspect --format {{json .Mounts}} hub-redis'
breaks('redis.persistence', 'no volume', 'warning', /no volume on \/data/, mounts, snapshot => {
  inContainer(snapshot, 'redis', {mounts: []})
})
breaks('redis.persistence', 'a volume without a name', 'warning', /no name/, mounts, snapshot => {
  inContainer(snapshot, 'redis', {mounts: [{type: 'volume', name: 'ab'.repeat(32), destination: '/data'}]})
})
breaks('redis.clients', 'many', 'warning', /85 of 100/, `${redisCli} CLIENT LIST`, snapshot => {
  factsIn(snapshot, 'redis').clients = {connected: 85, max: 100, rejected: 0}
})
breaks('redis.clients', 'nearly all', 'critical', /95 of 100.*7 turned away/, null, snapshot => {
  factsIn(snapshot, 'redis').clients = {connected: 95, max: 100, rejected: 7}
})
breaks('redis.clients', 'once too many', 'notice', /3 turned away/, null, snapshot => {
  factsIn(snapshot, 'redis').clients.rejected = 3
})
const everywhere = {ports: [{containerPort: 6379, hostIp: '0.0.0.0', hostPort: 6379}]}
breaks(
  'redis.exposed',
  'without a password',
  'critical',
  /0\.0\.0\.0:6379/,
  'docker port hub-redis',
  snapshot => inContainer(snapshot, 'redis', everywhere),
)
breaks(
  'redis.exposed',
  'with a password',
  'warning',
  /with a password/,
  'docker port hub-redis',
  snapshot => {
    inContainer(snapshot, 'redis', everywhere)
    factsIn(snapshot, 'redis').asksPassword = true
  },
)

breaks('celery.nodes-online', 'gone', 'critical', /no node listens on Redis/, log, snapshot => {
  Object.assign(factsIn(snapshot, 'celery'), {nodes: [], probe: {subscribers: 0, seconds: 0.4}, queues: []})
})
const wait = 'hub-mon doctor --wait 60s'
breaks(
  'celery.nodes-online',
  'starting',
  'critical',
  /yet: celery-worker was started 4 s/,
  wait,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), {nodes: [], probe: {subscribers: 0, seconds: 0.4}, queues: []})
    inContainer(snapshot, 'celery-worker', {startedAt: '2026-11-23T08:59:56.000Z'})
  },
)
const again = 'hub-mon restart celery-worker'
breaks(
  'celery.nodes-online',
  'lost',
  'critical',
  /has not come back since Redis.* 2 min/,
  again,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), {nodes: [], probe: {subscribers: 0, seconds: 0.4}, queues: []})
    inContainer(snapshot, 'redis', {startedAt: '2026-11-23T08:58:00.000Z'})
  },
)
breaks(
  'celery.nodes-online',
  'deaf since Redis was away',
  'warning',
  /listens to remote control since Redis was started 2 min ago, yet 1 client waits/,
  again,
  snapshot => {
    const probe = {subscribers: 0, seconds: 0.4, waitingClients: 1}
    Object.assign(factsIn(snapshot, 'celery'), {nodes: [], probe, queues: []})
    inContainer(snapshot, 'redis', {startedAt: '2026-11-23T08:58:00.000Z'})
  },
)
const hung = {silent: ['celery@hub-celery-worker'], probe: {subscribers: 1, seconds: 1}}
const top = 'docker top hub-celery-worker'
breaks(
  'celery.nodes-answering',
  'all hung',
  'critical',
  /celery-worker is connected.*silent/,
  top,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), {...hung, nodes: [], queues: []})
  },
)
breaks(
  'celery.nodes-answering',
  'starting',
  'critical',
  /celery-worker is connected.*silent/,
  wait,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), {...hung, nodes: [], queues: []})
    inContainer(snapshot, 'celery-worker', {startedAt: '2026-11-23T08:59:56.000Z'})
  },
)
const two = {probe: {subscribers: 2, seconds: 1}}
breaks('celery.nodes-answering', 'one of two hung', 'warning', /^celery@two is connected/, null, snapshot => {
  Object.assign(factsIn(snapshot, 'celery'), {...two, silent: ['celery@two']})
  factsIn(snapshot, 'docker').containers.push(container('two', 'worker', {hostname: 'two'}))
})
breaks(
  'celery.nodes-answering',
  'hung or gone',
  'warning',
  /^1 of a@x, b@x is.*rest is gone/,
  null,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), {...two, silent: ['a@x', 'b@x']})
  },
)
breaks(
  'celery.nodes-answering',
  'hung without a name',
  'warning',
  /^1 node without a known/,
  null,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery'), two)
  },
)
breaks('celery.nodes-answering', 'a busy solo pool', 'notice', /silent while it works/, again, snapshot => {
  Object.assign(factsIn(snapshot, 'celery'), {...two, silent: ['celery@two']})
  const solo = {hostname: 'two', command: ['celery', '-A', 'a', 'worker', '--pool=solo']}
  factsIn(snapshot, 'docker').containers.push(container('celery-worker', 'worker', solo))
})
breaks('celery.nodes-online', 'in pickle', 'notice', /1 node that answers in pickle/, null, snapshot => {
  const celery = factsIn(snapshot, 'celery')
  Object.assign(celery, {nodes: [], probe: {subscribers: 1, seconds: 0.1, unreadable: 1}})
})
breaks('celery.nodes-online', 'fewer than expected', 'warning', /1 of 3 expected/, log, snapshot => {
  snapshot.expected.nodes = {value: 3, from: 'hub-mon.yml'}
})
breaks('celery.nodes-online', 'cannot be asked', 'unknown', /PUBLISH/, null, snapshot =>
  unreadable(snapshot, 'celery', {code: 'refused', message: 'PUBLISH is not allowed', because: 'redis'}),
)
const celery = 'docker exec hub-celery-worker celery -A app.celery_app'
breaks('celery.node-names', 'twice', 'warning', /celery@same/, `${celery} inspect ping`, snapshot => {
  factsIn(snapshot, 'celery').duplicates = ['celery@same']
})
breaks(
  'celery.pool-processes',
  'too few',
  'warning',
  /1 pool process on 1 node, 2 expected/,
  'hub-mon restart celery-worker',
  snapshot => {
    factsIn(snapshot, 'celery').nodes = [node('celery@hub-celery-worker', {poolProcesses: 1})]
  },
)
const orphan = queue('$(touch x)', 4, {consumers: []})
breaks('celery.queue-consumers', 'none', 'warning', /4 messages/, `${redisCli} LLEN $(touch x)`, snapshot => {
  factsIn(snapshot, 'celery').queues.push(orphan)
})
breaks('celery.queue-consumers', 'none, and nobody knows what waits', 'warning', /4 mess/, null, snapshot => {
  factsIn(snapshot, 'celery').queues.push({...orphan, sample: sample(4, 'hub.mail')})
})
breaks(
  'celery.queue-consumers',
  'none, and empty',
  'notice',
  /0 messages/,
  `${celery} control add_consumer $(touch x)`,
  snapshot => {
    factsIn(snapshot, 'celery').queues.push({...orphan, ready: 0})
  },
)
breaks('celery.queue-depth', 'eleven', 'warning', /celery holds 11 messages/, 'hub-mon queues', snapshot => {
  Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {ready: 11})
})

const still = {flow: flow(7, {arrived: 0, taken: 0, headUnchanged: true})}
breaks(
  'celery.consuming',
  'after a reconnect',
  'critical',
  /takes nothing from celery: 7 mess/,
  again,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {ready: 7, ...still})
  },
)
breaks(
  'celery.consuming',
  'one that no container is of',
  'critical',
  /elsewhere@x answers but takes nothing from celery/,
  'hub-mon workers shutdown elsewhere@x',
  snapshot => {
    const celery = factsIn(snapshot, 'celery')
    const idle = {prefetch: 0, conf: null, active: [], uptimeSeconds: null}
    celery.nodes = [node('elsewhere@x', idle)]
    Object.assign(celery.queues[0] ?? {}, {ready: 7, consumers: ['elsewhere@x'], ...still})
    snapshot.expected.poolProcesses = null
    factsIn(snapshot, 'flower').nodes = [{name: 'elsewhere@x', online: true}]
  },
)
const stopTaking = `${celery} control cancel_consumer celery`
breaks(
  'celery.tasks-registered',
  'nowhere',
  'warning',
  /hub\.new \(3 seen in celery\).*no node/,
  stopTaking,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {sample: sample(3, 'hub.new')})
  },
)
breaks(
  'celery.tasks-registered',
  'not everywhere',
  'warning',
  /hub\.slow.* not registered at 1 of 2/,
  null,
  snapshot => {
    const celery = factsIn(snapshot, 'celery')
    const own = {registered: 1, poolProcesses: 0}
    celery.registered.push(['hub.quick'])
    celery.nodes.push(node('other@x', own), node('third@x', {queues: ['slow'], poolProcesses: 0}))
    celery.nodes[2] = {...celery.nodes[2], registered: 0} as (typeof celery.nodes)[0]
    celery.queues = [
      queue('celery', 1, {
        consumers: [celery.nodes[0]?.name ?? '', 'other@x'],
        sample: sample(1, 'hub.slow'),
        flow: flow(0),
      }),
      queue('slow', 0, {consumers: ['third@x']}),
    ]
    celery.probe = {subscribers: 3, seconds: 0.1}
    factsIn(snapshot, 'flower').nodes = celery.nodes.map(({name}) => ({name, online: true}))
  },
)
const reserved = {
  reserved: 6,
  reservedUnchanged: true,
  active: [runningTask('a', 'hub.slow'), runningTask('b', 'hub.slow')],
}
function hoarding(snapshot: Snapshot, runningSeconds: number): void {
  const facts = factsIn(snapshot, 'celery')
  const active = reserved.active.map(task => ({...task, runningSeconds}))
  facts.nodes = [node('celery@hub-celery-worker', {...reserved, active}), node('idle@x')]
  facts.queues = [queue('celery', 0, {consumers: facts.nodes.map(({name}) => name)})]
  facts.probe = {subscribers: 2, seconds: 0.1}
  factsIn(snapshot, 'flower').nodes = facts.nodes.map(({name}) => ({name, online: true}))
}
const grow = 'hub-mon workers pool grow celery@hub-celery-worker'
breaks(
  'celery.prefetch',
  'for a moment',
  'notice',
  /holds 6 reserved tasks.*idle@x is idle/,
  grow,
  snapshot => hoarding(snapshot, 4),
)
breaks('celery.prefetch', 'behind long tasks', 'warning', /holds 6 reserved tasks/, grow, snapshot =>
  hoarding(snapshot, 400),
)

const hlen = `${redisCli} HLEN unacked`
const entry = (more: Partial<UnackedMessage>): UnackedMessage => ({
  ...{id: 'u1', task: 'hub.slow', queue: 'celery', deliveredSeconds: 300, eta: null, owner: null},
  ...more,
})
breaks(
  'celery.unacked',
  'old, and whose is not known',
  'warning',
  /2 messages.*2 h: past the vis.* 1 h/,
  hlen,
  snapshot => {
    const unknown = {sample: null, ownersKnown: false}
    factsIn(snapshot, 'celery').unacked = {messages: 2, oldestSeconds: 7200, ...unknown}
  },
)
breaks(
  'celery.unacked',
  'old, and no node tells of itself',
  'notice',
  /2 messages.*past the default/,
  hlen,
  snapshot => {
    const unknown = {sample: null, ownersKnown: false}
    factsIn(snapshot, 'celery').unacked = {messages: 2, oldestSeconds: 7200, ...unknown}
    factsIn(snapshot, 'celery').nodes = [node('celery@hub-celery-worker', {conf: null})]
  },
)
breaks(
  'celery.unacked',
  'nobody’s',
  'warning',
  /^2 delivered messages are held by no node.* 57 min/,
  hlen,
  snapshot => {
    const orphans = [entry({}), entry({id: 'u2', task: 'hub.quick'}), entry({deliveredSeconds: 3})]
    factsIn(snapshot, 'celery').unacked = unacked(3, 300, orphans)
  },
)
breaks(
  'celery.unacked',
  'nobody’s, of many',
  'warning',
  /^at least 1 delivered message is/,
  hlen,
  snapshot => {
    factsIn(snapshot, 'celery').unacked = unacked(900, 300, [entry({})])
  },
)
breaks(
  'celery.nodes-online',
  'nodes that cannot be asked',
  'warning',
  /no node listens to remote control, yet 2 clients wait/,
  `${redisCli} CLIENT LIST`,
  snapshot => {
    const celery = factsIn(snapshot, 'celery')
    celery.nodes = []
    celery.silent = []
    celery.probe = {subscribers: 0, seconds: 0.01, waitingClients: 2}
  },
)
breaks(
  'celery.nodes-online',
  'nodes with another broker',
  'critical',
  /no node listens on Redis in database 0; there is 1 node in database 5 of it/,
  log,
  snapshot => {
    const celery = factsIn(snapshot, 'celery')
    celery.nodes = []
    celery.silent = []
    celery.probe = {
      ...{subscribers: 0, seconds: 0.01, waitingClients: 2},
      elsewhere: [{database: 5, nodes: 1}],
    }
  },
)
breaks(
  'celery.running-tasks',
  'half an hour and more',
  'warning',
  /hub\.slow a1 has run for 40 min on celery@hub-celery-worker, since 2026-11-23T08:2\d/,
  'hub-mon tasks revoke a1 --terminate',
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {
      active: [runningTask('a1', 'hub.slow', {runningSeconds: 2400})],
    })
  },
)
breaks(
  'celery.taken-away',
  'a purge broken off',
  'warning',
  /45 messages of emails/,
  'hub-mon queues restore',
  snapshot => {
    factsIn(snapshot, 'celery').takenAway = [
      {id: 'a1', queue: 'emails', messages: 40, at: takenAt, file: null},
      {id: 'a2', queue: 'emails', messages: 5, at: null, file: null},
    ]
  },
)
const running = 'hub-mon tasks --running'
const unfinished = (runningSeconds: number) => [
  runningTask('late', 'hub.slow', {acknowledged: false, runningSeconds}),
]
const halfAnHour = conf({visibilityTimeoutSeconds: 1800})
breaks(
  'celery.visibility-timeout',
  'past half of it',
  'notice',
  /hub\.slow .* 17 min of the 30 min/,
  running,
  snapshot => {
    const active = unfinished(1000)
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {active, conf: halfAnHour})
  },
)
breaks(
  'celery.visibility-timeout',
  'nearly at it',
  'warning',
  /hub\.slow .* 25 min of the 30 min/,
  running,
  snapshot => {
    const active = unfinished(1500)
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {active, conf: halfAnHour})
  },
)
breaks(
  'celery.visibility-timeout',
  'reserved for long',
  'warning',
  /hub\.slow .* 50 min of the 1 h/,
  running,
  snapshot => {
    const held = entry({deliveredSeconds: 3000, owner: 'celery@hub-celery-worker'})
    factsIn(snapshot, 'celery').unacked = unacked(1, 3000, [held])
  },
)
breaks(
  'celery.visibility-timeout',
  'an ETA beyond it',
  'warning',
  /hub\.slow is held for an ETA 2 h after/,
  running,
  snapshot => {
    const tomorrow = entry({
      deliveredSeconds: 60,
      owner: 'celery@hub-celery-worker',
      eta: '2026-11-23T10:59:00.000Z',
    })
    factsIn(snapshot, 'celery').unacked = unacked(1, 60, [tomorrow])
  },
)
breaks(
  'celery.visibility-timeout',
  'a limit beyond it',
  'warning',
  /task_time_limit.* 2 h/,
  running,
  snapshot => {
    const late = {conf: conf({acksLate: true, taskTimeLimitSeconds: 7200})}
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, late)
  },
)
breaks(
  'celery.visibility-timeout',
  'not the same',
  'warning',
  /b@x has .* 10 min, others up to 1 h/,
  running,
  snapshot => {
    const celery = factsIn(snapshot, 'celery')
    celery.nodes.push(node('b@x', {poolProcesses: 0, conf: conf({visibilityTimeoutSeconds: 600})}))
    celery.probe = {subscribers: 2, seconds: 0.1}
    factsIn(snapshot, 'flower').nodes = celery.nodes.map(({name}) => ({name, online: true}))
  },
)
const scheduled = 'hub-mon tasks --scheduled'
breaks('celery.eta', 'told by the nodes', 'warning', /hold 1,200 tasks for an ETA/, scheduled, snapshot => {
  Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {scheduled: 1200})
})
breaks('celery.eta', 'left in the broker', 'warning', /hold about 4,994 tasks for an ETA/, hlen, snapshot => {
  const soon = entry({owner: 'celery@hub-celery-worker', eta: '2026-11-23T09:30:00.000Z'})
  factsIn(snapshot, 'celery').unacked = {...unacked(5000, 60, Array(200).fill(soon)), ownersKnown: false}
  Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {reserved: 6})
})
const usage = `${redisCli} MEMORY USAGE celery`
breaks(
  'celery.message-size',
  'all large',
  'warning',
  /celery takes 195 KiB of memory on average/,
  usage,
  snapshot => {
    const large = sample(3, 'hub.quick', {averageBytes: 200_000, largestBytes: 210_000})
    Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {sample: large})
  },
)
breaks('celery.message-size', 'one large', 'notice', /a message of celery has 5\.7 MiB/, usage, snapshot => {
  const large = sample(3, 'hub.quick', {largestBytes: 6_000_000})
  Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {sample: large})
})
const replies = `${redisCli} --scan --pattern *.reply.celery.pidbox`
for (const [when, status, replyLists, says] of [
  ['some', 'notice', {lists: 4, abandoned: 3, bytes: 4000}, /replies in 3 lists, 3\.9 KiB/],
  ['many', 'warning', {lists: 40, abandoned: 30, bytes: null}, /replies in 30 lists/],
  ['large', 'warning', {lists: 1, abandoned: 0, bytes: 20_000_000}, /wait in 1 list, 19 MiB/],
] as const)
  breaks('celery.reply-lists', when, status, says, replies, snapshot => {
    factsIn(snapshot, 'celery').replyLists = replyLists
  })
const keyspace = `${redisCli} -n 1 INFO keyspace`
breaks(
  'celery.results-expire',
  'none does',
  'warning',
  /100 of 100 .*result_expires is None/,
  keyspace,
  snapshot => {
    factsIn(snapshot, 'results').expiry = {looked: 100, withoutExpiry: 100}
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {conf: conf({resultExpiresSeconds: null})})
  },
)
breaks(
  'celery.results-expire',
  'some do not',
  'notice',
  /12 of 100 .*though result_expires is 1 d/,
  keyspace,
  snapshot => {
    factsIn(snapshot, 'results').expiry = {looked: 100, withoutExpiry: 12}
  },
)
function beside(snapshot: Snapshot, more: Partial<Node>): void {
  const facts = factsIn(snapshot, 'celery')
  facts.nodes.push(node('b@x', {poolProcesses: 0, ...more}))
  facts.probe = {subscribers: 2, seconds: 0.1}
  factsIn(snapshot, 'flower').nodes = facts.nodes.map(({name}) => ({name, online: true}))
}
breaks(
  'celery.nodes-alike',
  'other tasks',
  'warning',
  /b@x has not registered hub\.flaky.*of celery/,
  `${celery} inspect registered`,
  snapshot => {
    factsIn(snapshot, 'celery').registered.push(['hub.quick', 'hub.slow'])
    beside(snapshot, {registered: 1})
  },
)
breaks(
  'celery.nodes-alike',
  'other versions',
  'notice',
  /5\.2\.6 \(1 node\), 5\.6\.3 \(1 node\)/,
  `${celery} inspect report`,
  snapshot => {
    Object.assign(factsIn(snapshot, 'celery').nodes[0] ?? {}, {version: '5.2.6'})
    beside(snapshot, {version: '5.6.3'})
  },
)
breaks('celery.events-on', 'off', 'warning', /502 tasks/, `${celery} control enable_events`, snapshot => {
  const quiet = conf({sendsTaskEvents: false})
  factsIn(snapshot, 'celery').nodes = [node('celery@hub-celery-worker', {conf: quiet, uptimeSeconds: 3000})]
  inContainer(snapshot, 'celery-worker', {command: ['celery', '-A', 'app.celery_app', 'worker']})
  Object.assign(factsIn(snapshot, 'flower').tasks ?? {}, {eventsByNode: {}, byTask: []})
})

function ofQuick(snapshot: Snapshot, more: object): void {
  const tasks = factsIn(snapshot, 'flower').tasks
  Object.assign(tasks?.byTask.find(({task}) => task === 'hub.quick') ?? {}, more)
}
const byTask = 'hub-mon stats --by task'
breaks('tasks.failure-ratio', 'above 5 %', 'warning', /7\.5 % of 400.*hub\.quick/, byTask, snapshot =>
  ofQuick(snapshot, {succeeded: 370, failed: 30}),
)
breaks('tasks.failure-ratio', 'above 10 %', 'critical', /15 % of 400.*hub\.quick/, log, snapshot =>
  ofQuick(snapshot, {succeeded: 340, failed: 60}),
)
breaks('tasks.duration', 'half an hour', 'warning', /hub\.quick take 40 min/, byTask, snapshot =>
  ofQuick(snapshot, {runtimeSecondsSum: 24_000, runtimeSamples: 10}),
)
breaks('tasks.failed', 'one', 'notice', /1 failure of hub\.quick/, byTask, snapshot =>
  ofQuick(snapshot, {
    failed: 1,
    newestFailure: {exception: "ValueError('no')", at: '2026-11-23T08:59:00.000Z', id: 'x'},
  }),
)
breaks(
  'tasks.process-lost',
  'killed for memory, perhaps',
  'warning',
  /process of hub\.quick was killed at its work 2 min ago: WorkerLostError: .*SIGKILL/,
  byTask,
  snapshot =>
    ofQuick(snapshot, {
      failed: 1,
      newestFailure: {
        exception: 'WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.',
        ...{at: '2026-11-23T08:58:00.000Z', id: 'x'},
      },
    }),
)
breaks('tasks.retry-ratio', 'a storm', 'warning', /65 % of 400.*hub\.quick/, byTask, snapshot =>
  ofQuick(snapshot, {retried: 260}),
)
// Each of them tried again once, as an edge of the window shows it.
breaks('tasks.retry-ratio', 'once each', 'notice', /51 % of 400.*hub\.quick/, byTask, snapshot =>
  ofQuick(snapshot, {retried: 204}),
)
breaks('tasks.retry-ratio', 'above 5 %', 'notice', /10 % of 400.*hub\.quick/, byTask, snapshot =>
  ofQuick(snapshot, {retried: 40}),
)

breaks('flower.reachable', 'silent', 'warning', /did not answer/, 'hub-mon restart flower', snapshot =>
  unreadable(snapshot, 'flower', {code: 'timeout', message: 'flower did not answer within 3 s'}),
)
const curl = 'curl -i http://127.0.0.1:5555/api/workers'
for (const [api, says] of [
  ['not-enabled', /FLOWER_UNAUTHENTICATED_API/],
  ['unauthorized', /none is known/],
  ['login-page', /OAuth/],
  ['disabled-by-auth', /405/],
  ['wrong-prefix', /url_prefix/],
  ['not-flower', /not Flower/],
] as const)
  breaks('flower.api', api, 'warning', says, curl, snapshot => {
    Object.assign(factsIn(snapshot, 'flower'), {api, nodes: null, readOnly: null})
  })
breaks('flower.api', 'wrong credentials', 'warning', /password that was sent is wrong/, curl, snapshot => {
  Object.assign(factsIn(snapshot, 'flower'), {api: 'unauthorized', sentCredentials: true, nodes: null})
})
breaks('flower.api', 'not read-only', 'notice', /may run tasks/, curl, snapshot => {
  factsIn(snapshot, 'flower').readOnly = false
})
breaks('flower.sees-nodes', 'knows none', 'warning', /does not know/, 'hub-mon restart flower', snapshot => {
  factsIn(snapshot, 'flower').nodes = []
})
breaks('flower.sees-nodes', 'calls it offline', 'notice', /calls it offline/, null, snapshot => {
  factsIn(snapshot, 'flower').nodes = [{name: 'celery@hub-celery-worker', online: false}]
})
const abroad = {ports: [{containerPort: 5555, hostIp: '0.0.0.0', hostPort: 5555}]}
breaks(
  'flower.exposed',
  'and it may act',
  'critical',
  /may run tasks/,
  'docker port hub-flower',
  snapshot => {
    inContainer(snapshot, 'flower', abroad)
    factsIn(snapshot, 'flower').readOnly = false
  },
)
breaks('flower.exposed', 'read-only', 'warning', /without auth/, 'docker port hub-flower', snapshot =>
  inContainer(snapshot, 'flower', abroad),
)
const metrics = 'curl -s http://127.0.0.1:5555/metrics'
breaks('flower.metrics-open', 'on loopback', 'notice', /without the password/, metrics, snapshot => {
  factsIn(snapshot, 'flower').asksAuth = true
})
breaks('flower.metrics-open', 'beyond', 'warning', /beyond this machine/, metrics, snapshot => {
  inContainer(snapshot, 'flower', abroad)
  factsIn(snapshot, 'flower').asksAuth = true
})

const recorded = (snapshot: Snapshot, more: Partial<RecorderFacts>) => {
  Object.assign(factsIn(snapshot, 'history').recorder ?? {}, more)
}
const ownRecorder = container('recorder', 'recorder', {limits: {cpus: null, memoryBytes: 256 * 1024 ** 2}})
const withRecorder = (snapshot: Snapshot, more: Partial<Container> = {}) => {
  factsIn(snapshot, 'docker').containers.push({...ownRecorder, ...more})
}
const restartRecorder = 'hub-mon restart recorder'
breaks('recorder.records', 'nobody ever did', 'notice', /no history is kept/, null, noRecorder)
breaks('recorder.records', 'never wrote', 'warning', /never written/, restartRecorder, snapshot => {
  noRecorder(snapshot)
  withRecorder(snapshot)
})
breaks('recorder.records', 'is silent', 'warning', /nothing for 40 s/, restartRecorder, snapshot => {
  recorded(snapshot, {writtenAgoSeconds: 40})
  withRecorder(snapshot)
})
breaks('recorder.records', 'is there, and gone', 'warning', /for a minute/, restartRecorder, snapshot => {
  factsIn(snapshot, 'history').recorder = null
  withRecorder(snapshot)
})
breaks('recorder.records', 'died elsewhere', 'warning', /without a word/, null, snapshot => {
  factsIn(snapshot, 'history').recorder = null
})
breaks('recorder.records', 'was told to end', 'notice', /told to end/, null, snapshot => {
  Object.assign(factsIn(snapshot, 'history'), {recorder: null, endedAt: '2026-11-23T08:58:00.000Z'})
})
breaks('recorder.records', 'cannot be read', 'warning', /Redis/, null, snapshot =>
  unreadable(snapshot, 'history', {code: 'unreadable', message: 'the history cannot be read: Redis says no'}),
)
breaks('recorder.records', 'cannot be seen', 'notice', /docker exec/, null, snapshot => {
  unreadable(snapshot, 'history', {
    code: 'exec-only',
    message: 'only docker exec leads to Redis',
    because: 'redis',
  })
  withRecorder(snapshot)
})
breaks('recorder.keeps-up', 'is late', 'warning', /12 s behind, at 4000 events/, null, snapshot => {
  withRecorder(snapshot)
  recorded(snapshot, {lagSeconds: 12, eventsPerSecond: 4000})
})
breaks('recorder.keeps-up', 'is short of memory', 'warning', /93.1 % of the memory/, null, snapshot => {
  withRecorder(snapshot, {hostname: 'h'})
  recorded(snapshot, {rssBytes: 250e6})
})
breaks('recorder.room', 'is nearly full', 'notice', /90 % full/, null, snapshot =>
  recorded(snapshot, {storeBytes: 0.9 * 64 * 1024 * 1024}),
)
breaks('recorder.room', 'is full', 'warning', /it is full/, 'hub-mon stats --since 24h', snapshot =>
  recorded(snapshot, {storeBytes: 65 * 1024 * 1024, pausedBecause: 'too-large'}),
)
const fills = 'hub-mon doctor --only redis,celery'
breaks('recorder.room', 'Redis is short of memory', 'warning', /above 80 %/, fills, snapshot =>
  recorded(snapshot, {pausedBecause: 'memory'}),
)
const look = 'hub-mon stats --since 1h'
breaks(
  'recorder.complete',
  'was restarted',
  'notice',
  /4 s of the last 15 min were not seen/,
  look,
  snapshot => {
    factsIn(snapshot, 'history').gapSeconds = 4
  },
)
breaks('recorder.complete', 'was away', 'warning', /180 s of/, look, snapshot => {
  factsIn(snapshot, 'history').gapSeconds = 180
})
breaks('recorder.complete', 'lost events', 'warning', /at least 40 events lost/, look, snapshot => {
  factsIn(snapshot, 'history').coverage.missedEvents = 40
})
breaks('recorder.complete', 'two of one name', 'notice', /borne twice/, look, snapshot => {
  factsIn(snapshot, 'history').sharedNames = ['celery@web']
})
breaks('recorder.versions', 'is older', 'notice', /h is 0\.0\.9; this is 0\.1\.0/, null, snapshot =>
  recorded(snapshot, {tool: '0.0.9'}),
)
breaks(
  'recorder.versions',
  'two differ',
  'warning',
  /stands by on spare is 0\.2\.0/,
  'hub-mon up --build',
  snapshot => {
    factsIn(snapshot, 'history').standby = {tool: '0.2.0', host: 'spare'}
    withRecorder(snapshot)
  },
)

const closeAgain = 'hub-mon up'
const at = 'https://192\\.0\\.2\\.2:443'
/** Of the proxy, both addresses that speak TLS have this certificate. */
function withCertificate(more: Parameters<typeof certificate>[0]): (snapshot: Snapshot) => void {
  return snapshot => {
    for (const address of secureIn(snapshot)) address.tls = certificate(more)
  }
}
/** Of the requests that came from outside, the one that the list lets in. */
function letIn(snapshot: Snapshot, more: Partial<OutsideAddress>): void {
  Object.assign(secureIn(snapshot).find(({host}) => host === '192.0.2.2') ?? {}, more)
}
function inRights(snapshot: Snapshot, service: string, more: Partial<ContainerRights>): void {
  inContainer(snapshot, service, {rights: rights(more)})
}

opens(
  'security.asks-first',
  'metrics answer without',
  'critical',
  new RegExp(`^${at} shows /metrics, /healthcheck to whoever asks$`),
  'curl -ik --resolve hub.example.com:443:192.0.2.2 https://hub.example.com:443/metrics',
  snapshot => letIn(snapshot, {http: answers([401, 200, 200, 401], {headers: hsts})}),
)
opens('security.reachable', 'nobody could ask', 'warning', /not be requested: too slow/, null, snapshot =>
  unreadable(snapshot, 'outside', {code: 'timeout', message: 'too slow'}),
)
opens(
  'security.reachable',
  'is silent',
  'warning',
  /:443 do not answer/,
  'hub-mon restart proxy',
  snapshot => {
    for (const address of secureIn(snapshot))
      Object.assign(address, {...{speaks: 'nothing', error: 'timeout', http: null, tls: null}, seenAs: null})
  },
)
opens('security.reachable', 'publishes nothing', 'warning', /publishes no port/, null, snapshot => {
  factsIn(snapshot, 'outside').addresses = []
  inContainer(snapshot, 'proxy', {ports: []})
})
opens('security.https', 'plain HTTP shows pages', 'critical', /speak plain HTTP$/, closeAgain, snapshot => {
  for (const address of factsIn(snapshot, 'outside').addresses)
    if (address.speaks === 'http') address.http = answers([401, 401, 401, 401])
})
opens('security.https', 'no HSTS', 'warning', /Strict-Transport-Security/, closeAgain, snapshot =>
  letIn(snapshot, {http: answers([401, 401, 401, 401])}),
)
const restartProxy = 'hub-mon restart proxy'
opens(
  'security.certificate',
  'of another authority',
  'warning',
  /^https:\S+: nobody .* vouches for the certificate of ACME \(SELF_SIGNED_CERT_IN_CHAIN\)/,
  restartProxy,
  withCertificate({trustedBy: null, error: 'SELF_SIGNED_CERT_IN_CHAIN', issuer: 'ACME'}),
)
opens(
  'security.certificate',
  'for another name',
  'critical',
  /is for a\.example, not for hub\.example\.com/,
  restartProxy,
  withCertificate({names: ['a.example'], fits: false}),
)
opens(
  'security.certificate',
  'ends in 20 days',
  'warning',
  /expires in 20 days/,
  restartProxy,
  withCertificate({notAfter: '2026-12-14T08:00:00.000Z'}),
)
opens(
  'security.certificate',
  'ends in 2 days',
  'critical',
  /expires in 2 days/,
  restartProxy,
  withCertificate({notAfter: '2026-11-25T10:00:00.000Z'}),
)
opens(
  'security.certificate',
  'has ended',
  'critical',
  /has expired 2 h ago/,
  'openssl s_client -connect 127.0.0.1:443 -servername hub.example.com',
  withCertificate({notAfter: '2026-11-23T07:00:00.000Z', trustedBy: null, error: 'CERT_HAS_EXPIRED'}),
)
opens(
  'security.certificate',
  'has not begun',
  'critical',
  /is valid from 2026-12-01/,
  restartProxy,
  withCertificate({notBefore: '2026-12-01T00:00:00.000Z', trustedBy: null, error: 'CERT_NOT_YET_VALID'}),
)
opens(
  'security.certificate',
  'refuses the name',
  'critical',
  /for the name .* refused/,
  restartProxy,
  snapshot =>
    letIn(snapshot, {
      ...{tls: null, http: null, error: 'tls-refused'},
      ...{seenAs: null, seenAsAllowed: null},
    }),
)
opens(
  'security.tls-versions',
  'takes TLS 1.0',
  'warning',
  /takes TLS 1\.1 and below/,
  closeAgain,
  withCertificate({oldAccepted: true}),
)
const allowAgain = 'hub-mon up'
opens(
  'security.allow-list',
  'answers a stranger',
  'critical',
  /answers 192\.0\.2\.2, which is not/,
  allowAgain,
  snapshot => letIn(snapshot, {seenAsAllowed: false}),
)
opens('security.allow-list', 'shuts one out', 'warning', /turns 192\.0\.2\.2 away/, allowAgain, snapshot =>
  letIn(snapshot, {http: answers([403, 403, 403, 403], {headers: hsts})}),
)
opens(
  'security.allow-list',
  'sees the gateway',
  'warning',
  /172\.30\.0\.1: the list shuts out everybody$/,
  allowAgain,
  snapshot =>
    letIn(snapshot, {
      ...{seenAs: '172.30.0.1', seenAsAllowed: false},
      http: answers([403, 403, 403, 403], {headers: hsts}),
    }),
)
opens('security.allow-list', 'sees it and has it', 'critical', /everybody may ask/, allowAgain, snapshot => {
  letIn(snapshot, {seenAs: '172.30.0.1', seenAsAllowed: true})
  factsIn(snapshot, 'outside').gatewaysAllowed = ['172.30.0.1']
})
opens(
  'security.allow-list',
  'has it, seen from here',
  'critical',
  /the gateway of the proxy/,
  allowAgain,
  snapshot => {
    const outside = factsIn(snapshot, 'outside')
    outside.addresses = outside.addresses.filter(({host}) => host === '127.0.0.1')
    outside.gatewaysAllowed = ['172.30.0.1']
    for (const address of secureIn(snapshot)) {
      address.seenAsAllowed = true
      address.http = answers([401, 401, 401, 401], {headers: hsts})
    }
  },
)
opens(
  'security.around-the-proxy',
  'Redis is published',
  'critical',
  /redis is published on 0\.0\.0\.0:6379: around/,
  'docker port hub-redis',
  snapshot =>
    inContainer(snapshot, 'redis', {ports: [{containerPort: 6379, hostIp: '0.0.0.0', hostPort: 6379}]}),
)
opens(
  'security.around-the-proxy',
  'Flower is published here',
  'warning',
  /on this machine alone/,
  'docker port hub-flower',
  snapshot =>
    inContainer(snapshot, 'flower', {ports: [{containerPort: 5555, hostIp: '127.0.0.1', hostPort: 5555}]}),
)
opens('security.redis-password', 'asks for none', 'critical', /what anybody asks/, closeAgain, snapshot => {
  Object.assign(factsIn(snapshot, 'redis'), {asksPassword: false})
})
opens('security.redis-password', 'default is on', 'warning', /user default is on/, closeAgain, snapshot => {
  const {rights} = factsIn(snapshot, 'redis')
  Object.assign(rights ?? {}, {user: 'default'})
})
opens(
  'security.least-rights',
  'may do more',
  'warning',
  /hub-mon-act, may LPUSH celery x/,
  'docker exec -it hub-redis redis-cli --askpass ACL DRYRUN hub-mon-act LPUSH celery x',
  snapshot => {
    Object.assign(factsIn(snapshot, 'redis').rights ?? {}, {
      user: 'hub-mon-act',
      mayChange: ['LPUSH celery x'],
    })
  },
)
opens('security.least-rights', 'looks passively, and may write', 'warning', /--passive/, null, snapshot => {
  snapshot.passive = true
})
opens('security.containers', 'is privileged', 'critical', /flower is privileged/, closeAgain, snapshot =>
  inRights(snapshot, 'flower', {privileged: true, capAdd: ['ALL']}),
)
opens('security.containers', 'has the socket', 'critical', /engine's socket/, closeAgain, snapshot =>
  inRights(snapshot, 'celery-worker', {dockerSocket: true}),
)
opens('security.containers', 'is root', 'warning', /celery-worker runs as root/, closeAgain, snapshot =>
  inRights(snapshot, 'celery-worker', {user: {name: 'root', root: true}}),
)
opens('security.containers', 'has more', 'warning', /redis has SYS_PTRACE/, closeAgain, snapshot =>
  inRights(snapshot, 'redis', {capAdd: ['SYS_PTRACE', 'NET_BIND_SERVICE']}),
)
opens('security.images-pinned', 'latest', 'warning', /flower runs acme\/app:latest/, closeAgain, snapshot =>
  inContainer(snapshot, 'flower', {image: 'acme/app:latest'}),
)
opens('security.images-pinned', 'no tag', 'warning', /registry:5000\/app: no version/, closeAgain, snapshot =>
  inContainer(snapshot, 'flower', {image: 'registry:5000/app'}),
)
opens(
  'security.secrets-hidden',
  'a variable has one',
  'warning',
  /flower shows FLOWER_BASIC_AUTH, its command line to/,
  closeAgain,
  snapshot =>
    inRights(snapshot, 'flower', {credentialVariables: ['FLOWER_BASIC_AUTH'], credentialInCommand: true}),
)
opens('security.secrets-hidden', "the application's own", 'notice', /CELERY_BROKER_URL/, null, snapshot =>
  inRights(snapshot, 'celery-worker', {credentialVariables: ['CELERY_BROKER_URL']}),
)
opens(
  'security.secrets-hidden',
  'is asked to export it',
  'notice',
  /processes of celery-worker/,
  null,
  snapshot => inRights(snapshot, 'celery-worker', {exportsUrls: true}),
)
opens(
  'security.known-defaults',
  'of a variable',
  'critical',
  /FLOWER_BASIC_AUTH of flower/,
  closeAgain,
  snapshot => {
    inRights(snapshot, 'flower', {knownDefaults: ['FLOWER_BASIC_AUTH']})
  },
)
opens(
  'security.known-defaults',
  'of Redis',
  'critical',
  /Redis takes from hub-mon-ask/,
  closeAgain,
  snapshot => {
    Object.assign(factsIn(snapshot, 'redis').rights ?? {}, {knownDefault: true})
  },
)

export {failures}
