import {describe, expect, it} from 'vitest'
import {judgeAll} from '../../../src/checks/judge.ts'
import {kindOfLine, logCauses} from '../../../src/checks/log-causes.ts'
import {checks} from '../../../src/checks/registry.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {factsIn, hub, inContainer, unreadable} from '../../fixtures/broken.ts'
import {fresh} from '../../fixtures/healthy.ts'

/** As Redis 7.0.15, Celery 5.2.6 and their containers write them; most were taken from real runs. */
const lines: [kind: string | null, text: string][] = [
  ['import-error', "ModuleNotFoundError: No module named 'shop'"],
  ['import-error', "ImportError: cannot import name 'tasks' from 'shop' (/srv/shop/__init__.py)"],
  ['no-such-app', 'The module app:nope was not found.'],
  ['flower-missing', "Error: No such command 'flower'."],
  [
    'flower-missing',
    'Flower is not in this image: it was built from distribution packages, which do not have it.',
  ],
  [
    'broker-unknown-host',
    '[2026-11-25 16:28:11,446: ERROR/MainProcess] consumer: Cannot connect to redis://nowhere:6379/0: Error -2 connecting to nowhere:6379. Name or service not known..',
  ],
  [
    'broker-certificate',
    '[2026-11-25 23:38:37,540: ERROR/MainProcess] consumer: Cannot connect to rediss://worker:**@redis:6379/0: Error 1 connecting to redis:6379. [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:992)..',
  ],
  [
    'broker-certificate',
    'Could not connect to Redis at 127.0.0.1:6379: SSL_connect failed: certificate verify failed',
  ],
  [
    'broker-refused',
    '[2026-11-25 16:28:17,069: ERROR/MainProcess] consumer: Cannot connect to redis://127.0.0.1:6379/0: Error 111 connecting to 127.0.0.1:6379. Connection refused..',
  ],
  [
    'wrong-password',
    '[2026-11-25 16:28:30,089: ERROR/MainProcess] consumer: Cannot connect to redis://redis:6379/0: Authentication required..',
  ],
  [
    'wrong-password',
    '[2026-11-25 16:28:36,343: ERROR/MainProcess] consumer: Cannot connect to redis://:**@redis:6379/0: WRONGPASS invalid username-password pair or user is disabled..',
  ],
  [
    'redis-rights',
    '[2026-11-25 19:52:47,247: CRITICAL/MainProcess] Unrecoverable error: NoPermissionError("this user has no permissions to run the \'brpop\' command")',
  ],
  [
    'redis-rights',
    "[2026-11-25 19:53:16,959: ERROR/MainProcess] consumer: Cannot connect to redis://worker:**@redis:6379/0: this user has no permissions to run the 'ping' command.",
  ],
  ['redis-rights', 'redis.exceptions.NoPermissionError: No permissions to access a channel'],
  [
    'read-only',
    '[2026-11-25 16:28:42,945: CRITICAL/MainProcess] Unrecoverable error: ReadOnlyError("You can\'t write against a read only replica.")',
  ],
  [
    'redis-full',
    '[2026-11-25 16:28:49,293: CRITICAL/MainProcess] Unrecoverable error: ResponseError("OOM command not allowed when used memory > \'maxmemory\'.")',
  ],
  [
    'misconf',
    "[2026-11-25 16:29:02,114: ERROR/MainProcess] consumer: Cannot connect to redis://:**@redis:6379/0: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
  ],
  [
    'cannot-save',
    '53:C 25 Nov 2026 16:28:55.540 # Failed opening the temp RDB file temp-53.rdb (in server root dir /hub) for saving: Permission denied',
  ],
  ['cannot-fork', "1:M 25 Nov 2026 16:30:00.000 # Can't save in background: fork: Cannot allocate memory"],
  [
    'address-in-use',
    '1:M 25 Nov 2026 16:29:37.455 # Warning: Could not create server TCP listening socket *:6379: bind: Address already in use',
  ],
  ['redis-config', '>>> \'nonsense "yes"\''],
  [
    'aof-broken',
    '1:M 25 Nov 2026 16:29:52.565 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>',
  ],
  ['rdb-too-new', "1:M 25 Nov 2026 16:29:58.148 # Can't handle RDB format version 9999"],
  [
    'no-such-file',
    "1:C 25 Nov 2026 16:29:43.447 # Fatal error, can't open config file '/etc/nosuch.conf': No such file or directory",
  ],
  ['permission-denied', "PermissionError: [Errno 13] Permission denied: '/data/celerybeat-schedule'"],
  [
    'worker-lost',
    "[2026-11-25 16:29:14,584: ERROR/MainProcess] Task handler raised error: WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 0.')",
  ],
  [
    'unregistered-task',
    "[2026-11-25 16:29:15,471: ERROR/MainProcess] Received unregistered task of type 'app.unknown'.",
  ],
  ['out-of-memory', 'MemoryError: Process got: '],
  ['exception', 'redis.exceptions.ConnectionError: Connection closed by server.'],
  [null, '[2026-11-25 16:29:07,000: INFO/MainProcess] celery@worker ready.'],
  [null, "The full contents of the message body was: b'[[1, 2], {}, {}]' (77b)"],
  [null, '1:M 25 Nov 2026 16:29:58.148 # Server initialized'],
  [null, ''],
]

describe('a line of a log', () => {
  it.each(lines)('tells of %s: %s', (kind, text) => {
    expect(kindOfLine(text, true)).toBe(kind)
  })

  it('of what runs is not taken for its last word', () => {
    expect(kindOfLine('ValueError: of some task', false)).toBeNull()
    expect(kindOfLine("ModuleNotFoundError: No module named 'shop'", false)).toBe('import-error')
  })

  it('is there for each cause, and none twice', () => {
    const ids = logCauses.map(({id}) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const known = new Set(lines.map(([kind]) => kind))
    expect(ids.filter(id => !known.has(id) && !['unrecoverable', 'fatal'].includes(id))).toEqual([])
  })

  it('is matched in time, whatever it is', () => {
    const long = `${'Cannot connect to a: '.repeat(2000)}${' '.repeat(20_000)}`
    expect(kindOfLine(long.slice(0, 400), true)).toBeNull()
  })
})

describe('what its log says', () => {
  const withLog = (service: string, kind: string, text: string, change: (snapshot: Snapshot) => void) =>
    hub(snapshot => {
      const name = `hub-${service}`
      snapshot.sources.logs = fresh({
        containers: [{name, service, lines: [{kind, text, at: null, times: 1}]}],
      })
      change(snapshot)
    })
  const find = (snapshot: Snapshot, check: string) =>
    judgeAll(checks, snapshot).find(finding => finding.check === check)
  const notSaved = "1:M 25 Nov 2026 16:30:00.000 # Can't save in background: fork: Cannot allocate memory"
  const portTaken = 'bind: Address already in use'

  it('is the reason of a Redis that does not answer, where it is the one of the stack', () => {
    const gone = (redisFrom?: string) =>
      withLog('redis', 'address-in-use', portTaken, snapshot => {
        const error = {code: 'refused', message: 'nothing listens at 127.0.0.1:6379'}
        unreadable(snapshot, 'redis', error)
        if (redisFrom !== undefined) snapshot.target.redisFrom = redisFrom
      })
    const told = find(gone(), 'redis.reachable')
    expect(told?.message).toBe('nothing listens at 127.0.0.1:6379: its port is taken inside its network')
    expect(told?.remedies[0]?.text).toContain('listen on a port of its own')
    // It would end the same way again.
    expect(told?.remedies.flatMap(({fix}) => fix ?? [])).toEqual([])
    expect(find(gone('--redis-url'), 'redis.reachable')?.message).toBe('nothing listens at 127.0.0.1:6379')
  })

  it('is the reason of a health check that fails', () => {
    const sick = (kind: string, text: string) =>
      find(
        withLog('flower', kind, text, snapshot =>
          inContainer(snapshot, 'flower', {health: 'unhealthy', healthOutput: 'no answer'}),
        ),
        'stack.healthy',
      )
    const lasting = sick('address-in-use', portTaken)
    expect(lasting?.message).toBe('flower is unhealthy: no answer: its port is taken inside its network')
    expect(lasting?.remedies.flatMap(({fix}) => fix ?? [])).toEqual([])
    expect(sick('cannot-fork', notSaved)?.remedies.flatMap(({fix}) => fix ?? [])).toMatchObject([
      {does: 'restart', service: 'flower'},
    ])
  })
})

describe('a container that dies', () => {
  const dying = (kind: string, text: string, state: 'restarting' | 'exited' = 'restarting') =>
    hub(snapshot => {
      inContainer(snapshot, 'celery-worker', {state, exitCode: 2, restartCount: 4, health: null})
      const line = {kind, text, at: null, times: 4}
      const log = {name: 'hub-celery-worker', service: 'celery-worker', lines: [line]}
      snapshot.sources.logs = fresh({containers: [log]})
    })
  const find = (snapshot: ReturnType<typeof dying>, check: string) =>
    judgeAll(checks, snapshot).find(finding => finding.check === check)

  it('is said with what its log says, and what mends that comes first', () => {
    const finding = find(
      dying('import-error', "ModuleNotFoundError: No module named 'shop'"),
      'stack.restart-loop',
    )
    expect(finding?.message).toBe(
      "celery-worker dies with exit code 2 and is restarted (4 restarts): ModuleNotFoundError: No module named 'shop'",
    )
    expect(finding?.evidence).toContainEqual({
      label: 'log of hub-celery-worker',
      value: "ModuleNotFoundError: No module named 'shop'",
    })
    expect(finding?.remedies[0]?.text).toContain('put the module where it is imported from')
  })

  it('is not started again by --fix where it would die the same way', () => {
    const fixes = (kind: string, text: string) =>
      find(dying(kind, text, 'exited'), 'stack.running')?.remedies.flatMap(({fix}) => fix ?? [])
    expect(fixes('import-error', "ModuleNotFoundError: No module named 'shop'")).toEqual([])
    expect(fixes('broker-refused', 'Cannot connect to redis://redis:6379/0: Connection refused')).toEqual([
      {does: 'start'},
    ])
  })

  it('is over where it is of a Redis that has been started since, and answers', () => {
    const since = (at: string | null) => {
      const snapshot = dying('broker-refused', 'Cannot connect to redis://redis:6379/0: Connection refused')
      const [log] = factsIn(snapshot, 'logs').containers
      if (log !== undefined) log.lines = log.lines.map(line => ({...line, at}))
      return find(snapshot, 'stack.restart-loop')?.message
    }
    // Redis has run for an hour.
    expect(since('2026-11-23T07:59:00.000Z')).toMatch(/\(4 restarts\)$/)
    expect(since('2026-11-23T08:59:00.000Z')).toMatch(/: nothing listens at redis:\/\/redis:6379\/0$/)
    expect(since(null)).toMatch(/: nothing listens at /)
  })

  it('is judged by its state alone where a snapshot has no logs', () => {
    const old = dying('import-error', 'x')
    delete old.sources.logs
    expect(find(old, 'stack.restart-loop')?.message).toBe(
      'celery-worker dies with exit code 2 and is restarted (4 restarts)',
    )
  })
})
