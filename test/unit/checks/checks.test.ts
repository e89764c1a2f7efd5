import {describe, expect, it} from 'vitest'
import {judgeAll} from '../../../src/checks/judge.ts'
import {checks} from '../../../src/checks/registry.ts'
import {buildReport} from '../../../src/report/build.ts'
import type {Report} from '../../../src/report/report.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {factsIn, hub, inContainer, incidents, unreadable} from '../../fixtures/broken.ts'
import {container, healthy, node} from '../../fixtures/healthy.ts'
import {production} from '../../fixtures/production.ts'
import {failures} from './failures.ts'

function reportOf(snapshot: Snapshot): Report {
  const asked = checks.filter(({phase}) => phase === 'always' || (phase === 'pre') === snapshot.beforeStart)
  return buildReport(snapshot, judgeAll(asked, snapshot), [])
}

function finding(snapshot: Snapshot, id: string) {
  const check = checks.find(candidate => candidate.id === id)
  if (check === undefined) throw new Error(`no check ${id}`)
  const [found] = judgeAll([check], snapshot)
  if (found === undefined) throw new Error(`${id} was not judged`)
  return found
}

describe('on a healthy hub', () => {
  const open = checks.filter(({category}) => category !== 'security')
  it.each(open.map(({id}) => id))('%s passes', id => {
    expect(finding(healthy(), id)).toMatchObject({status: 'pass', message: expect.stringMatching(/./)})
  })

  it.each(checks.map(({id}) => id))('in production, %s passes', id => {
    expect(finding(production(), id)).toMatchObject({status: 'pass', message: expect.stringMatching(/./)})
  })
})

describe('on a hub with one thing wrong', () => {
  it.each(failures)('$check fails: $when', ({check, broken, status, says, offers}) => {
    const found = finding(broken(), check)
    expect(found.status).toBe(status)
    expect(found.message).toMatch(says)
    const commands = found.remedies.map(({command}) => command?.join(' '))
    if (offers !== undefined) expect(commands).toContain(offers)
    if (status !== 'unknown')
      expect(found.remedies.some(({kind}) => kind === 'cure' || status === 'notice')).toBe(true)
  })

  it.each(failures)('$check is the one cause: $when', ({check, broken}) => {
    const {findings} = reportOf(broken())
    expect(findings[0]?.check).toBe(check)
    const causes = findings.filter(
      ({status, becauseOf}) => ['critical', 'unknown', 'warning'].includes(status) && becauseOf === undefined,
    )
    expect(causes.map(({check: cause}) => cause).filter(cause => cause !== check)).toEqual([])
  })

  it('has a failure for every check that is asked of a running hub', () => {
    const covered = new Set(failures.map(({check}) => check))
    const asked = checks.filter(({phase}) => phase !== 'pre').map(({id}) => id)
    expect(asked.filter(id => !covered.has(id))).toEqual([])
  })

  it('offers a command to look closer for every failure', () => {
    const blind = failures
      .map(({check, broken}) => finding(broken(), check))
      .filter(
        ({status, remedies}) =>
          status !== 'unknown' && status !== 'notice' && !remedies.some(({command}) => command),
      )
    expect(blind.map(({check}) => check)).toEqual([])
  })
})

describe('before the start', () => {
  const taken = (holder: object | null) =>
    hub(snapshot => {
      snapshot.beforeStart = true
      Object.assign(factsIn(snapshot, 'host').ports[0] ?? {}, {free: false, holder})
    })

  it('says which process holds a port', () => {
    expect(finding(taken({pid: 4711, command: 'node'}), 'host.ports-free')).toMatchObject({
      status: 'critical',
      message: 'port 5555 for flower is held by node (pid 4711)',
      remedies: [
        {text: expect.stringContaining('FLOWER_PORT=5556')},
        {command: expect.arrayContaining(['ss'])},
      ],
    })
  })

  it('says which container holds a port, but not when it is ours', () => {
    const theirs = finding(taken({container: 'acme-flower', project: 'acme'}), 'host.ports-free')
    expect(theirs.message).toContain('the container acme-flower of acme')
    expect(finding(taken({container: 'hub-flower', project: 'hub'}), 'host.ports-free').status).toBe('pass')
  })

  it('is critical without Compose, and with a file that Compose refuses', () => {
    const snapshot = taken(null)
    unreadable(snapshot, 'compose', {code: 'missing', message: 'none'})
    expect(finding(snapshot, 'compose.available').status).toBe('critical')
    const refused = taken(null)
    factsIn(refused, 'compose').config = null
    expect(finding(refused, 'compose.file-valid').status).toBe('critical')
  })
})

describe('incidents', () => {
  const firsts: Record<string, [verdict: string, first: string | null, next: string | null]> = {
    'redis-down': ['critical', 'stack.oom-killed', 'docker inspect --format {{json .State}} hub-redis'],
    'redis-wrong-password': ['critical', 'redis.reachable', 'docker logs --tail 20 hub-redis'],
    'no-workers': ['critical', 'stack.running', 'hub-mon up'],
    'worker-hung': ['critical', 'celery.nodes-answering', 'hub-mon restart celery-worker'],
    'not-consuming': ['critical', 'celery.consuming', 'hub-mon restart celery-worker'],
    'half-deployed': [
      'warning',
      'celery.nodes-answering',
      'hub-mon workers --redis-url redis://10.0.0.5:6379/0',
    ],
    'held-back': ['warning', 'celery.running-tasks', 'hub-mon tasks revoke a1 --terminate'],
    'tasks-failing': ['critical', 'tasks.failure-ratio', 'hub-mon stats --by task'],
    'no-stack': ['critical', 'stack.present', 'hub-mon up'],
    'no-docker': ['critical', 'docker.reachable', 'sudo systemctl start docker'],
    'flower-401': ['warning', 'flower.api', 'curl -i http://127.0.0.1:5555/api/workers'],
    backlog: [
      'warning',
      'celery.queue-consumers',
      'docker exec hub-celery-worker celery -A app.celery_app control add_consumer emails',
    ],
    'two-at-once': [
      'critical',
      'redis.eviction',
      'docker exec hub-redis redis-cli CONFIG SET maxmemory-policy noeviction',
    ],
    'just-started': ['ok', null, null],
    'flower-left-out': ['ok', null, null],
    'urls-only': ['ok', null, null],
    'in-production': ['ok', null, null],
    'production-open': ['critical', 'security.around-the-proxy', 'docker port hub-flower'],
    healthy: ['ok', null, null],
  }

  it.each(Object.entries(firsts))('%s', (name, [verdict, first, next]) => {
    const report = reportOf(incidents[name]?.() ?? healthy())
    expect(report.verdict).toBe(verdict)
    if (first !== null) expect(report.findings[0]?.check).toBe(first)
    expect(report.next?.join(' ') ?? null).toBe(next)
  })

  it('skip, and never fail, what Docker would tell where there is no compose project', () => {
    const findings = reportOf(incidents['urls-only']?.() ?? healthy()).findings
    const docker = findings.filter(({category}) => ['docker', 'compose', 'stack'].includes(category))
    expect(new Set(docker.map(({status}) => status))).toEqual(new Set(['skipped']))
    expect(findings.filter(({category, status}) => category === 'celery' && status === 'pass').length).toBe(
      19,
    )
  })

  it('a Redis that dies again and again is one cause, and all else leads to it', () => {
    const looping = hub(snapshot => {
      inContainer(snapshot, 'redis', {state: 'restarting', exitCode: 1, restartCount: 7, health: null})
      unreadable(snapshot, 'redis', {code: 'refused', message: 'the container hub-redis is not running'})
      for (const source of ['celery', 'results'] as const)
        unreadable(snapshot, source, {code: 'refused', message: 'not running', because: 'redis'})
    })
    const report = reportOf(looping)
    const because = Object.fromEntries(report.findings.map(({check, becauseOf}) => [check, becauseOf]))
    expect(report.findings[0]?.check).toBe('stack.restart-loop')
    expect(because).toMatchObject({
      'stack.running': 'stack.restart-loop',
      'redis.reachable': 'stack.running',
      'celery.nodes-online': 'redis.reachable',
    })
    expect(because['stack.restart-loop']).toBeUndefined()
  })

  it('a worker that dies of a Redis that refuses writes is no cause of its own; a Flower that is down is', () => {
    const both = hub(snapshot => {
      inContainer(snapshot, 'celery-worker', {
        state: 'restarting',
        exitCode: 1,
        restartCount: 7,
        health: null,
      })
      Object.assign(factsIn(snapshot, 'redis'), {role: 'replica', masterHost: '10.0.0.9'})
      unreadable(snapshot, 'flower', {code: 'refused', message: 'nothing listens at 127.0.0.1:5555'})
    })
    const own = reportOf(both).findings.filter(
      ({status, becauseOf}) => ['critical', 'warning'].includes(status) && becauseOf === undefined,
    )
    expect(own.map(({check}) => check)).toEqual(['redis.writable', 'flower.reachable'])
  })

  it('a worker that hangs is a cause of its own beside another one that was stopped', () => {
    const both = hub(snapshot => {
      factsIn(snapshot, 'docker').containers.push(
        container('worker-2', 'worker', {state: 'exited', health: null, exitCode: 0}),
      )
      const celery = factsIn(snapshot, 'celery')
      celery.nodes = []
      celery.probe = {subscribers: 1, seconds: 0.4}
      celery.silent = ['celery@hub-celery-worker']
    })
    const own = reportOf(both).findings.filter(
      ({status, becauseOf}) => status === 'critical' && becauseOf === undefined,
    )
    expect(own.map(({check}) => check)).toEqual(['stack.running', 'celery.nodes-answering'])
  })

  it('leave a hub without tasks without judgement of its tasks', () => {
    const findings = reportOf(incidents['just-started']?.() ?? healthy()).findings
    expect(findings.find(({check}) => check === 'tasks.failure-ratio')).toMatchObject({
      status: 'skipped',
      message: 'not enough data (0 of 20)',
    })
  })
})

describe('what only looks wrong', () => {
  it('ten messages are no alert', () => {
    const ten = hub(snapshot => Object.assign(factsIn(snapshot, 'celery').queues[0] ?? {}, {ready: 10}))
    expect(finding(ten, 'celery.queue-depth').status).toBe('pass')
  })

  it('a stale name of a node that was killed is told, not judged', () => {
    const stale = hub(snapshot => {
      factsIn(snapshot, 'celery').silent = ['celery@old']
    })
    expect(finding(stale, 'celery.nodes-online')).toMatchObject({
      status: 'pass',
      message: expect.stringContaining('celery@old'),
    })
  })

  it('a container that died again and again has come back once it outlives what it used to', () => {
    const came = (more: object) =>
      finding(
        hub(snapshot =>
          inContainer(snapshot, 'celery-worker', {
            ...{restartCount: 4, startedAt: '2026-11-23T08:59:20.000Z'},
            ...more,
          }),
        ),
        'stack.restart-loop',
      )
    // It ran for 5 s each time.
    expect(came({createdAt: '2026-11-23T08:59:00.000Z'}).status).toBe('pass')
    // The engine waited longer and longer before it started it again.
    expect(came({finishedAt: '2026-11-23T08:59:16.000Z'}).status).toBe('pass')
    expect(came({createdAt: '2026-11-23T08:57:00.000Z', finishedAt: '2026-11-23T08:59:19.000Z'}).status).toBe(
      'warning',
    )
    expect(came({finishedAt: '2026-11-23T08:59:19.000Z'}).status).toBe('warning')
    // Nothing has come up within so little.
    const young = {createdAt: '2026-11-23T08:59:36.000Z', startedAt: '2026-11-23T08:59:40.000Z'}
    expect(came({...young, health: 'starting'}).status).toBe('critical')
  })

  it('a Flower from an image of its own is not left out because the worker’s image cannot run it', () => {
    const mixed = hub(snapshot => {
      inContainer(snapshot, 'celery-worker', {without: ['flower']})
      unreadable(snapshot, 'flower', {code: 'refused', message: 'nothing listens at 127.0.0.1:5555'})
    })
    expect(finding(mixed, 'flower.reachable').status).toBe('warning')
  })

  it.each(['--redis-url', 'HUB_MON_REDIS_URL'])('a wrong address in %s restarts no container', redisFrom => {
    const typed = hub(snapshot => {
      snapshot.target.redisFrom = redisFrom
      unreadable(snapshot, 'redis', {code: 'refused', message: 'nothing listens at 127.0.0.1:1/0'})
    })
    const {remedies} = finding(typed, 'redis.reachable')
    expect(remedies[0]?.text).toContain(redisFrom)
    expect(remedies.map(({command}) => command?.join(' ') ?? '').join()).toBe('')
  })

  it('a password that was set while it ran goes with a restart, where nothing is lost by one', () => {
    const locked = hub(snapshot => {
      unreadable(snapshot, 'redis', {code: 'no-auth', message: 'Redis asks for a password and none is known'})
    })
    expect(finding(locked, 'redis.reachable').remedies[0]?.command?.join(' ')).toBe('hub-mon restart redis')
  })

  it.each([
    ['a file of its own', ['redis-server', '/etc/redis.conf', '--appendonly', 'yes']],
    ['no AOF that is known', ['redis-server']],
    ['a password', ['redis-server', '--appendonly', 'yes', '--requirepass', '***']],
  ])('a password of a Redis with %s is a decision; the first command is the log', (_what, command) => {
    const locked = hub(snapshot => {
      inContainer(snapshot, 'redis', {command})
      unreadable(snapshot, 'redis', {code: 'no-auth', message: 'Redis asks for a password and none is known'})
    })
    const {remedies} = finding(locked, 'redis.reachable')
    expect(remedies[0]).toMatchObject({text: expect.stringContaining('CONFIG SET requirepass')})
    expect(remedies.flatMap(({command}) => (command === undefined ? [] : [command.join(' ')]))).toEqual([
      'docker logs --tail 20 hub-redis',
    ])
  })

  it.each([
    ['cluster', /no cluster/],
    ['no-sentinel', /start the Sentinels/],
    ['unknown-master', /master_name=NAME/],
    ['master-down', /wait for the failover/],
    ['master-unreachable', /replica-announce-ip/],
    ['no-database', /correct the database in the workers' CELERY_BROKER_URL/],
    ['unsupported', /correct the workers' CELERY_BROKER_URL/],
  ])('%s is a decision, and no restart', (code, words) => {
    const broken = hub(snapshot => unreadable(snapshot, 'redis', {code, message: 'not usable'}))
    const {remedies} = finding(broken, 'redis.reachable')
    expect(remedies[0]).toMatchObject({text: expect.stringMatching(words)})
    expect(remedies[0]?.command).toBeUndefined()
  })

  it('says that Sentinels led to Redis', () => {
    const led = hub(snapshot => {
      factsIn(snapshot, 'redis').through = 'master "hub" by Sentinel 10.0.0.1:26379'
    })
    expect(finding(led, 'redis.reachable').message).toMatch(
      /\/0, master "hub" by Sentinel 10\.0\.0\.1:26379$/,
    )
  })

  it('a stopped service of the user that has done its work is no failure', () => {
    const migrated = hub(snapshot => {
      factsIn(snapshot, 'docker').containers.push(container('migrate', null, {state: 'exited', health: null}))
    })
    expect(finding(migrated, 'stack.running').status).toBe('pass')
  })

  it('a container that is still starting is not judged', () => {
    const starting = hub(snapshot => inContainer(snapshot, 'celery-worker', {health: 'starting'}))
    expect(finding(starting, 'stack.healthy')).toMatchObject({status: 'skipped'})
  })

  it('more pool processes than expected are enough', () => {
    const more = hub(snapshot => {
      factsIn(snapshot, 'celery').nodes = [node('celery@hub-celery-worker', {poolProcesses: 4})]
    })
    expect(finding(more, 'celery.pool-processes').status).toBe('pass')
  })

  it('pool processes that nobody counted on are told without judgement', () => {
    const free = hub(snapshot => {
      snapshot.expected.poolProcesses = null
    })
    expect(finding(free, 'celery.pool-processes')).toMatchObject({
      status: 'pass',
      message: '2 pool processes on 1 node; how many are expected is not set',
    })
  })

  it('no ping is sent with --passive, and so none is missed', () => {
    const passive = hub(snapshot => {
      snapshot.passive = true
      Object.assign(factsIn(snapshot, 'celery'), {probe: null, nodes: []})
      for (const queue of factsIn(snapshot, 'celery').queues) queue.consumers = null
    })
    expect(reportOf(passive).verdict).toBe('ok')
    expect(finding(passive, 'celery.nodes-online')).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('--passive'),
    })
  })

  it('a Redis that tells nothing of itself is skipped, never passed', () => {
    const mute = hub(snapshot => {
      const redis = factsIn(snapshot, 'redis')
      Object.assign(redis, {role: null})
      Object.assign(redis.memory, {usedBytes: null, maxBytes: null, policy: null, evictedKeys: null})
      Object.assign(redis.persistence, {aof: null, rdbLastSaveOk: null, rdbSaves: null, aofLastWriteOk: null})
      Object.assign(redis.clients, {connected: null, max: null, rejected: null})
    })
    for (const id of ['writable', 'memory', 'eviction', 'persistence', 'clients'])
      expect(finding(mute, `redis.${id}`), id).toMatchObject({status: 'skipped'})
  })

  it('events that cannot be seen are not missed', () => {
    const unseen = hub(snapshot => {
      factsIn(snapshot, 'celery').nodes = [node('celery@elsewhere', {conf: null})]
      unreadable(snapshot, 'flower', {code: 'not-part-of-the-hub', message: 'none'})
    })
    expect(finding(unseen, 'celery.events-on').status).toBe('skipped')
  })
})

describe('a Redis that refuses writes', () => {
  // As seen on a real one: the probe is refused, too, and the worker's own health check fails with a traceback.
  const full = hub(snapshot => {
    factsIn(snapshot, 'redis').memory.usedBytes = 268_435_456
    const value = {...factsIn(snapshot, 'celery'), probe: null, nodes: []}
    const error = {code: 'probe-refused', message: 'Redis refused the request: OOM'}
    snapshot.sources.celery = {
      status: 'partial',
      value,
      error,
      startedAt: snapshot.takenAt,
      durationSeconds: 0.1,
    }
    inContainer(snapshot, 'celery-worker', {
      health: 'unhealthy',
      healthOutput: '…File "/usr/lib/kombu.py"\nkombu.exceptions.OperationalError: OOM command not allowed',
    })
  })

  it('is the cause of an unhealthy worker', () => {
    const {findings, next} = reportOf(full)
    expect(findings[0]).toMatchObject({check: 'redis.writable', status: 'critical'})
    expect(findings.find(({check}) => check === 'stack.healthy')).toMatchObject({
      becauseOf: 'redis.writable',
      message:
        'celery-worker is unhealthy: kombu.exceptions.OperationalError: OOM command not allowed: Redis is full and takes no writes (OOM)',
    })
    expect(next?.join(' ')).toContain('CONFIG SET maxmemory')
  })

  it('leaves the nodes unasked, with the reason', () => {
    expect(finding(full, 'celery.nodes-online')).toMatchObject({
      status: 'skipped',
      message: 'Redis refused the request: OOM',
    })
  })
})

describe('commands to type next', () => {
  it('act on the same target', () => {
    const other = hub(snapshot => {
      snapshot.target.flags = ['--project-name', 'acme']
      inContainer(snapshot, 'celery-worker', {state: 'exited', name: 'acme-worker', exitCode: 1})
    })
    const commands = finding(other, 'stack.running').remedies.map(({command}) => command?.join(' '))
    expect(commands).toEqual(['hub-mon up --project-name acme', 'docker logs --tail 20 acme-worker'])
  })

  it('reach a Redis that needs a password, and another database', () => {
    const secured = hub(snapshot => {
      Object.assign(factsIn(snapshot, 'redis'), {asksPassword: true, database: 3})
      factsIn(snapshot, 'redis').memory.policy = 'allkeys-lru'
    })
    expect(finding(secured, 'redis.eviction').remedies[0]?.command?.join(' ')).toBe(
      'docker exec -it hub-redis redis-cli --askpass -n 3 CONFIG SET maxmemory-policy noeviction',
    )
  })

  it('reach a Redis outside of Docker by its address', () => {
    const outside = incidents['urls-only']?.() ?? healthy()
    factsIn(outside, 'redis').memory.policy = 'allkeys-lru'
    expect(finding(outside, 'redis.eviction').remedies[0]?.command?.join(' ')).toBe(
      'redis-cli -h 10.0.0.5 -p 6379 CONFIG SET maxmemory-policy noeviction',
    )
  })

  it('keep a name from the hub in one word', () => {
    const hostile = incidents['hostile-names']?.() ?? healthy()
    const words = finding(hostile, 'celery.queue-consumers').remedies.flatMap(({command}) => command ?? [])
    expect(words).toContain('$(touch x)')
  })
})
