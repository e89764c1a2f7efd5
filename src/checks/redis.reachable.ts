import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass} from './check.ts'
import {affectedBy, containerOf, hubMon, lastWords, servicesOf} from './names.ts'

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
  needs: [],
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
      return pass(`answered at ${reading?.value.address ?? 'an unknown address'}`)
    const {code, message} = reading.error
    return fail(message, {
      affects: affectedBy(snapshot, 'redis'),
      evidence: [{label: 'error', value: code}],
      remedies: [...(curesOf[code] ?? restart)(snapshot), ...lastWords(containerOf(snapshot, 'redis'))],
    })
  },
})

const curesOf: Record<string, (snapshot: Snapshot) => Remedy[]> = {
  refused: start,
  timeout: restart,
  'no-address': snapshot =>
    snapshot.target.kind === 'compose'
      ? start(snapshot)
      : [decide('say where Redis is: --redis-url redis://host:6379/0')],
  'name-not-found': () => [
    decide('correct the host name; names of compose services are known inside their network alone'),
  ],
  'no-auth': () => [
    decide('give the password: --redis-url redis://:password@host:6379/0, or HUB_MON_REDIS_URL'),
  ],
  'wrong-password': () => [
    decide('correct the password in the URL; write @ : / # % in it as %40 %3A %2F %23 %25'),
  ],
  'no-permission': () => [
    decide('let this user do more: ACL SETUSER <name> +ping +info +config|get +llen +publish &*'),
  ],
  'tls-mismatch': () => [decide('use rediss:// for a Redis with TLS and redis:// for one without')],
  'not-redis': () => [decide('correct the port: something else listens there')],
  'max-clients': snapshot => [
    ...servicesOf(snapshot, 'worker').map(service =>
      cureBy('let the workers give their connections back', ...hubMon(snapshot, 'restart', service)),
    ),
    decide('raise maxclients, or lower broker_pool_limit and redis_max_connections'),
  ],
  unsupported: () => [decide('correct the address: its scheme or database is not one that can be used')],
}

/** Where the address was typed, it is in doubt, and no container of the stack. */
function correctAddress({target}: Snapshot): Remedy[] | null {
  return target.flags.includes('--redis-url')
    ? [decide('start Redis where it runs, or correct the address in --redis-url')]
    : null
}

function start(snapshot: Snapshot): Remedy[] {
  const said = correctAddress(snapshot)
  if (said !== null) return said
  const container = containerOf(snapshot, 'redis')
  if (container?.state === 'running') return restart(snapshot)
  if (snapshot.target.kind === 'compose') return [cureBy('start the hub', ...hubMon(snapshot, 'up'))]
  return [decide('start Redis, or correct the address in --redis-url')]
}

function restart(snapshot: Snapshot): Remedy[] {
  const said = correctAddress(snapshot)
  if (said !== null) return said
  const container = containerOf(snapshot, 'redis')
  if (container === undefined) return [decide('look after Redis where it runs, or correct --redis-url')]
  return [
    cureBy('start it again', ...hubMon(snapshot, 'restart', container.service)),
    confirmBy('whether it answers inside', 'docker', 'exec', container.name, 'redis-cli', 'ping'),
  ]
}
