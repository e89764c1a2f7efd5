import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import type {RedisFacts} from '../snapshot/redis.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass} from './check.ts'
import {restartAgain, startAgain} from './fixable.ts'
import {inShort, type Told, toldByLog} from './log-causes.ts'
import {affectedBy, brokerSaidIn, containerOf, hubMon, lastWords, servicesOf} from './names.ts'
import {mayStillStart} from './starting.ts'

export const redisReachable = defineCheck({
  id: 'redis.reachable',
  category: 'redis',
  title: 'Redis answers',
  why: 'Nodes take their tasks from Redis; without it nothing is received, run or reported.',
  looksAt: 'A new connection, its log-in and a PING whose reply is compared with PONG.',
  confirm: ['docker exec hub-redis redis-cli ping', 'docker logs --tail 20 hub-redis'],
  cure: ['hub-mon up', 'hub-mon restart redis'],
  severity: 'critical',
  phase: 'running',
  metric: 'redis_up',
  needs: [],
  reads: ['logs'],
  roots: 'redis',
  follows: [
    {check: 'stack.running', of: 'redis'},
    {check: 'stack.restart-loop', of: 'redis'},
    {check: 'stack.oom-killed', of: 'redis'},
    'stack.present',
  ],
  judge(snapshot) {
    const reading = snapshot.sources.redis
    if (reading === undefined || reading.status !== 'unavailable')
      return pass(`answered at ${placeOf(reading?.value)}`)
    const {code, message} = reading.error
    const told = toldOf(snapshot)
    return fail(message + inShort(told), {
      affects: affectedBy(snapshot, 'redis'),
      evidence: [{label: 'error', value: code}, ...(told?.evidence ?? [])],
      remedies: [
        ...(told?.cures ?? []),
        ...(curesOf[code] ?? restart)(snapshot, code).map(remedy => once(remedy, told)),
        ...logs(snapshot),
      ],
    })
  },
})

/** Of the container only where it is the one that was asked. */
function toldOf(snapshot: Snapshot): Told | null {
  return snapshot.target.redisFrom === undefined ? toldByLog(snapshot, containerOf(snapshot, 'redis')) : null
}

/** Where it would end the same way again, a start is for whoever has mended it. */
function once({fix, ...remedy}: Remedy, told: Told | null): Remedy {
  return fix === undefined || told?.cause.lasting === true ? remedy : {...remedy, fix}
}

function logs(snapshot: Snapshot): Remedy[] {
  return snapshot.target.redisFrom === undefined ? lastWords(containerOf(snapshot, 'redis')) : []
}

function placeOf(facts: RedisFacts | undefined): string {
  const {address = 'an unknown address', through} = facts ?? {}
  return through === undefined ? address : `${address}, ${through}`
}

const curesOf: Record<string, (snapshot: Snapshot, code: string) => Remedy[]> = {
  refused: start,
  timeout: restart,
  'no-address': (snapshot, code) =>
    snapshot.target.kind === 'compose'
      ? start(snapshot, code)
      : [decide('say where Redis is: --redis-url redis://host:6379/0')],
  'name-not-found': () => [
    decide('correct the host name; names of compose services are known inside their network alone'),
  ],
  'no-auth': password,
  'wrong-password': password,
  'no-permission': () => [
    decide('let this user do more: docs/redis-access.md has the ACL lines for reading and for acting'),
  ],
  'tls-mismatch': () => [decide('use rediss:// for a Redis with TLS and redis:// for one without')],
  'not-redis': () => [decide('correct the port: something else listens there')],
  'max-clients': snapshot => [
    ...servicesOf(snapshot, 'worker').map(service =>
      cureBy('let the workers give their connections back', ...hubMon(snapshot, 'restart', service)),
    ),
    decide('raise maxclients, or lower broker_pool_limit and redis_max_connections'),
  ],
  cluster: () => [
    decide(
      'let Celery and hub-mon use a Redis that is no cluster, or a master that Sentinels watch: sentinel://',
    ),
  ],
  'no-sentinel': () => [decide('start the Sentinels, or correct their addresses in the sentinel:// URL')],
  'unknown-master': snapshot => [
    decide(
      `name the master as the Sentinels do, in ${brokerSaidIn(snapshot)}: sentinel://host:26379/0?master_name=NAME`,
    ),
  ],
  'master-down': () => [
    decide('wait for the failover and look again; a master comes back, or a replica takes over'),
  ],
  'master-unreachable': () => [
    decide(
      'run hub-mon where the master can be reached, let Redis announce an address that can be (replica-announce-ip), or name the master itself: --redis-url redis://host:6379/0',
    ),
  ],
  'no-database': snapshot => [
    decide(
      `correct the database in ${brokerSaidIn(snapshot)}, or give Redis more of them (its setting databases)`,
    ),
  ],
  unsupported: snapshot => [decide(`correct ${brokerSaidIn(snapshot)}, where it should name a Redis`)],
}

function password(snapshot: Snapshot, code: string): Remedy[] {
  const encoded = 'write @ : / # % in it as %40 %3A %2F %23 %25'
  const container = containerOf(snapshot, 'redis')
  if (snapshot.target.redisFrom !== undefined || container === undefined)
    return [
      decide(
        `${code === 'no-auth' ? 'write the password into' : 'correct the password in'} ${brokerSaidIn(snapshot)}: redis://:password@host:6379/0; ${encoded}`,
      ),
    ]
  const maybe = 'set in redis.conf or while it ran (CONFIG SET requirepass)'
  return [
    ...(code === 'no-auth' && startsWithout(container)
      ? [
          cureBy(
            'take back a password that it was given while it ran (CONFIG SET requirepass); its AOF keeps the messages',
            ...hubMon(snapshot, 'restart', container.service),
          ),
        ]
      : []),
    code === 'no-auth'
      ? decide(
          `the compose file gives no password, so it was ${maybe}: put it into the compose file, for Redis and in CELERY_BROKER_URL, or take it back`,
        )
      : decide(
          `make the passwords of Redis and of CELERY_BROKER_URL equal; ${encoded}. Where they are, another was ${maybe}`,
        ),
  ]
}

/** Its command gives it no password and an AOF: a start takes back what was set since, and loses no message. */
function startsWithout({command}: Container): boolean {
  const words = command.join(' ')
  return /--appendonly yes\b/.test(words) && !/--requirepass|\.conf\b/.test(words)
}

/** Where the address was said, it is in doubt, and no container of the stack. */
function correctAddress({target}: Snapshot, code: string): Remedy[] | null {
  if (target.redisFrom === undefined) return null
  const unset = target.kind === 'compose' ? '; without it, Redis is found in the project' : ''
  const look =
    code === 'timeout'
      ? 'look after Redis where it runs, and after what may drop packets on the way (a firewall)'
      : 'start Redis where it runs'
  return [decide(`${look}, or correct the address in ${target.redisFrom}${unset}`)]
}

function start(snapshot: Snapshot, code: string): Remedy[] {
  const said = correctAddress(snapshot, code)
  if (said !== null) return said
  const container = containerOf(snapshot, 'redis')
  if (container?.state === 'running') return restart(snapshot, code)
  if (snapshot.target.kind === 'compose') return [startAgain(snapshot, 'start the hub')]
  return [decide('start Redis, or correct the address in --redis-url')]
}

function restart(snapshot: Snapshot, code: string): Remedy[] {
  const said = correctAddress(snapshot, code)
  if (said !== null) return said
  const container = containerOf(snapshot, 'redis')
  if (container === undefined)
    return [decide(`look after Redis where it runs, or correct ${brokerSaidIn(snapshot)}`)]
  return [
    restartAgain(snapshot, container.service, 'start it again', mayStillStart(snapshot, container.service)),
    confirmBy('whether it answers inside', 'docker', 'exec', container.name, 'redis-cli', 'ping'),
  ]
}
