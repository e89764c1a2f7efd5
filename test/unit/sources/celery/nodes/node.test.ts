import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {Node} from '../../../../../src/snapshot/celery.ts'
import {type Method, methods, usualRound} from '../../../../../src/sources/celery/nodes/envelope.ts'
import {heldBy} from '../../../../../src/sources/celery/nodes/held.ts'
import {duplicatesIn, nodesFrom, queueOptions} from '../../../../../src/sources/celery/nodes/node.ts'
import {Replies} from '../../../../../src/sources/celery/nodes/replies.ts'
import type {Json} from '../../../../../src/sources/loose-json.ts'

type RecordedMethod = Exclude<Method, 'query_task' | 'revoked' | 'heartbeat'>
const recorded: Record<string, {replies: Record<string, Json>}> = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../../recordings/celery/remote-control-replies.json'),
    'utf8',
  ),
)
const keys: Record<RecordedMethod, string> = {
  ...{ping: 'ping{}', stats: 'stats{}', active: 'active{"safe":true}', active_queues: 'active_queues{}'},
  ...{conf: 'conf{"with_defaults":false}', reserved: 'reserved{}', registered: 'registered{}'},
  ...{scheduled: 'scheduled{}', report: 'report{}'},
}
const asked = Object.keys(keys) as RecordedMethod[]

const roundOf = (wanted: readonly Method[]) =>
  new Replies(new Map(wanted.map(method => [`t-${method}`, method])))
const usual = () => roundOf(usualRound.map(({method}) => method))

/** One more answer, as it comes out of an envelope. */
function add(replies: Replies, method: Method, node: string, value: Json, clock = 0, seconds = 0.01): void {
  replies.add({ticket: `t-${method}`, node, value, clock}, seconds)
}

const only = (method: Method, value: Json): Node | undefined => {
  const replies = roundOf([method])
  add(replies, method, 'a', value)
  return nodesFrom(replies, 0).nodes[0]
}

describe('replies of a real node', () => {
  const replies = roundOf(asked)
  for (const [place, method] of asked.entries())
    for (const [node, value] of Object.entries(recorded[keys[method]]?.replies ?? {}))
      add(replies, method, node, value, place, (place + 1) / 100)

  it('become a node, without any argument of its tasks', () => {
    expect(replies.isComplete(1)).toBe(true)
    const {nodes, registered} = nodesFrom(replies, 1795345800)
    expect(registered).toEqual([
      [
        ...['app.celery_app.add', 'app.celery_app.boom', 'app.celery_app.flaky', 'app.celery_app.late'],
        ...['app.celery_app.noop', 'app.celery_app.rejecting', 'app.celery_app.retry1'],
        'app.celery_app.sleepy',
      ],
    ])
    expect(nodes).toEqual([
      {
        ...{name: 'a1@vm', answerSeconds: 0.01},
        ...{version: '5.6.3', kombuVersion: '5.6.2', pythonVersion: '3.11.2'},
        ...{pool: 'prefork', poolProcesses: 2, concurrency: 2, prefetch: 4, uptimeSeconds: 5},
        accepted: {'app.celery_app.sleepy': 2},
        active: [
          {
            id: '661075a6-562b-4d1e-a462-eb19b9ee7985',
            name: 'app.celery_app.sleepy',
            runningSeconds: expect.closeTo(2.13, 2),
            acknowledged: true,
            queue: 'celery',
            pid: 4354,
          },
          expect.objectContaining({name: 'app.celery_app.sleepy'}),
        ],
        reserved: 4,
        reservedTasks: [
          {id: '07da9f91-63b9-47e6-8748-1fd89e367985', name: 'app.celery_app.add', queue: 'celery'},
          {id: 'b75d874a-5c40-44f8-a1da-b5946265de1d', name: 'app.celery_app.noop', queue: 'high'},
          {id: '8b4699b3-93a8-47aa-bd5c-bcdf466c20fb', name: 'app.celery_app.add', queue: 'celery'},
          {id: '0efc7f42-9d45-4024-9eac-9d0e02987d2a', name: 'app.celery_app.noop', queue: 'high'},
        ],
        ...{scheduled: 0, scheduledTasks: [], registered: 0, rateLimited: false},
        queues: ['celery', 'high'],
        conf: {
          sendsTaskEvents: true,
          acksLate: false,
          taskTimeLimitSeconds: null,
          taskSoftTimeLimitSeconds: null,
          prefetchMultiplier: 4,
          visibilityTimeoutSeconds: 3600,
          resultExpiresSeconds: 86_400,
          resultBackend: 'redis://127.0.0.1:6401/1',
          resultKeyPrefix: null,
        },
        broker: '127.0.0.1:6401/0',
      },
    ])
    expect(queueOptions(replies)).toEqual({steps: null, separator: null})
  })

  it('say who holds what, all of it', () => {
    const {nodes, complete} = heldBy({replies, subscribers: 1})
    expect(nodes.size).toBe(6)
    expect(nodes.get('661075a6-562b-4d1e-a462-eb19b9ee7985')).toBe('a1@vm')
    expect(nodes.get('0efc7f42-9d45-4024-9eac-9d0e02987d2a')).toBe('a1@vm')
    expect(complete).toBe(true)
    expect(heldBy({replies, subscribers: 2}).complete).toBe(false)
  })
})

describe('who holds what is not all told', () => {
  const lists: Method[] = ['active', 'reserved', 'scheduled', 'registered']
  it('when a task waits for its rate, which stands in no list', () => {
    const replies = roundOf(lists)
    for (const method of lists)
      add(replies, method, 'a', method === 'registered' ? ['x [rate_limit=1/m]'] : [])
    expect(heldBy({replies, subscribers: 1}).complete).toBe(false)
  })

  it('when what is scheduled was not asked, or a node told it in pickle', () => {
    expect(heldBy({replies: roundOf(lists.slice(0, 2)), subscribers: 1}).complete).toBe(false)
    const replies = roundOf(lists)
    for (const method of lists) replies.add({ticket: `t-${method}`, unreadable: true}, 0)
    expect(replies.isComplete(1)).toBe(true)
    expect(heldBy({replies, subscribers: 1}).complete).toBe(false)
  })
})

describe('replies', () => {
  it('to other tickets do not count', () => {
    const replies = usual()
    expect(replies.add({ticket: 'stranger', node: 'a', value: null, clock: 0}, 0)).toBe(false)
    expect(replies.names).toEqual([])
    expect(replies.isComplete(0)).toBe(true)
    expect(replies.isComplete(1)).toBe(false)
  })

  it('of two nodes under one name are paired by their clocks, whoever is first', () => {
    const replies = usual()
    const ahead = (method: Method, clock: number, value: Json) => add(replies, method, 'same', value, clock)
    ahead('stats', 11, {pool: {processes: [1]}})
    ahead('stats', 501, {pool: {processes: [1, 2]}})
    ahead('active_queues', 502, [{name: 'b'}])
    ahead('active_queues', 12, [{name: 'a'}])
    expect(duplicatesIn(replies)).toEqual(['same'])
    expect(nodesFrom(replies, 0).nodes.map(node => [node.poolProcesses, node.queues])).toEqual([
      [1, ['a']],
      [2, ['b']],
    ])
  })

  it('of two nodes whose clocks are equal are paired as they came', () => {
    const replies = usual()
    for (const [processes, queue] of [
      [[1], 'a'],
      [[1, 2], 'b'],
    ] as const) {
      add(replies, 'stats', 'same', {pool: {processes: [...processes]}})
      add(replies, 'active_queues', 'same', [{name: queue}])
    }
    expect(nodesFrom(replies, 0).nodes.map(node => [node.poolProcesses, node.queues])).toEqual([
      [1, ['a']],
      [2, ['b']],
    ])
  })

  it('tell when the first answer of each node came', () => {
    const replies = usual()
    add(replies, 'stats', 'slow', {}, 0, 0.4)
    add(replies, 'active', 'slow', {}, 0, 0.3)
    add(replies, 'active', 'quick', {}, 0, 0.002)
    expect(nodesFrom(replies, 0).nodes.map(({name, answerSeconds}) => [name, answerSeconds])).toEqual([
      ['quick', 0.002],
      ['slow', 0.3],
    ])
  })

  it('of any shape become nodes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...methods), fc.string(), fc.jsonValue())), answers => {
        const replies = roundOf(methods)
        for (const [method, node, value] of answers)
          add(replies, method, node, JSON.parse(JSON.stringify(value)))
        heldBy({replies, subscribers: 1})
        for (const node of nodesFrom(replies, 0).nodes)
          expect(JSON.parse(JSON.stringify(node)).name).toBe(node.name)
      }),
    )
  })
})

describe('registered tasks', () => {
  it('are one list for nodes of one release, whatever their order and attributes', () => {
    const replies = roundOf(['registered'])
    add(replies, 'registered', 'a', ['x', 'y [rate_limit=10/m]'])
    add(replies, 'registered', 'b', ['y [exchange=e routing_key=k]', 'x', 'x'])
    add(replies, 'registered', 'c', ['z [of mine]'])
    add(replies, 'registered', 'd', {error: 'no'})
    const {nodes, registered} = nodesFrom(replies, 0)
    expect(registered).toEqual([['x', 'y'], ['z [of mine]']])
    expect(nodes.map(node => node.registered)).toEqual([0, 0, 1, null])
  })
})

describe('a report', () => {
  it('gives its versions and nothing else', () => {
    const text = `\nsoftware -> celery:5.2.6 (dawn-chorus) kombu:5.2.4 py:3.11.2\nbroker_url: 'redis://:CANARY@x'\n`
    const node = only('report', {ok: text})
    expect(node).toMatchObject({version: '5.2.6', kombuVersion: '5.2.4', pythonVersion: '3.11.2'})
    expect(JSON.stringify(node)).not.toContain('CANARY')
  })

  it.each([null, {ok: 'software -> celery:'}, {ok: 7}, {error: 'no'}, 'celery:5'])('may be none: %j', value =>
    expect(only('report', value)).toMatchObject({version: null, kombuVersion: null, pythonVersion: null}),
  )
})

describe('scheduled tasks', () => {
  it('are the soonest first, without what they are given', () => {
    const task = (id: string, eta: string | null) => ({
      eta,
      priority: 6,
      request: {id, name: 't', args: ['CANARY'], kwargs: {}, delivery_info: {routing_key: 'mail'}},
    })
    const node = only('scheduled', [
      task('late', '2026-11-22T12:00:00.5+00:00'),
      task('unknown', null),
      task('soon', '2026-11-22T12:00:00+01:00'),
      ...Array.from({length: 60}, (_, nth) => task(`later-${nth}`, '2026-11-23T00:00:00+00:00')),
    ])
    expect(node?.scheduled).toBe(63)
    expect(node?.scheduledTasks).toHaveLength(50)
    expect(node?.scheduledTasks.slice(0, 2)).toEqual([
      {id: 'soon', name: 't', queue: 'mail', eta: '2026-11-22T11:00:00.000Z'},
      {id: 'late', name: 't', queue: 'mail', eta: '2026-11-22T12:00:00.500Z'},
    ])
    expect(JSON.stringify(node)).not.toContain('CANARY')
  })
})

describe('the kind of a pool', () => {
  it.each([
    ['prefork', {'max-concurrency': 2, processes: [1, 2], writes: {total: 1}}],
    ['solo', {'max-concurrency': 1, processes: [1], 'max-tasks-per-child': null, timeouts: []}],
    ['threads', {'max-concurrency': 4, threads: 0}],
    ['eventlet', {'max-concurrency': 4, 'free-threads': 4, 'running-threads': 0}],
    ['gevent', {'max-concurrency': 4}],
    ['threads', {implementation: 'celery.concurrency.thread:TaskPool', 'max-concurrency': 4, threads: 0}],
    ['aio', {implementation: 'my.pools.aio:Pool'}],
    [null, 'N/A'],
  ])('is %s', (kind, pool) => expect(only('stats', {pid: 1, pool})?.pool).toBe(kind))
})

describe('configuration', () => {
  const conf = (settings: {[name: string]: Json}) => only('conf', settings)?.conf

  const spelled = ['TASK_ACKS_LATE', 'TASK_TIME_LIMIT', 'WORKER_PREFETCH_MULTIPLIER', 'RESULT_EXPIRES']
  const beforeCelery4 = ['ACKS_LATE', 'D_TASK_TIME_LIMIT', 'D_PREFETCH_MULTIPLIER', 'TASK_RESULT_EXPIRES']

  it.each([
    [spelled.map(name => name.toLowerCase())],
    [spelled.map(name => `CELERY_${name}`)],
    [spelled.map(name => `HUB_${name}`)],
    [beforeCelery4.map(name => `CELERY${name.startsWith('D_') ? '' : '_'}${name}`)],
  ])('is read as the application spells it: %s', names => {
    const values = [true, 30, 1, 60]
    expect(conf(Object.fromEntries(names.map((name, nth) => [name, values[nth] ?? null])))).toMatchObject({
      acksLate: true,
      taskTimeLimitSeconds: 30,
      taskSoftTimeLimitSeconds: null,
      prefetchMultiplier: 1,
      resultExpiresSeconds: 60,
    })
  })

  it.each<[Json, number | null]>([
    [3600, 3600],
    ['1 day, 0:00:00', 86_400],
    ['2 days, 3:00:30.500000', 183_630.5],
    ['0:10:00', 600],
    ['7200', 7200],
    [null, null],
    [0, null],
    ['whenever', 86_400],
  ])('%j keeps results for %j seconds', (told, seconds) =>
    expect(conf({result_expires: told})?.resultExpiresSeconds).toBe(seconds),
  )

  it('shows no password of a result backend', () => {
    const backend = 'redis://me:CANARY@db:6379/1?password=CANARY'
    expect(conf({result_backend: backend})?.resultBackend).toBe('redis://db:6379/1')
  })

  it('gives way to what the node does: limits of its pool, options of its connection', () => {
    const replies = roundOf(['stats', 'conf'])
    add(replies, 'conf', 'a', {
      task_time_limit: 10,
      broker_transport_options: {visibility_timeout: 7},
    })
    add(replies, 'stats', 'a', {
      pool: {timeouts: [20, 30]},
      broker: {transport_options: {visibility_timeout: 90, sep: ':', priority_steps: [0, 1, 'x']}},
    })
    expect(nodesFrom(replies, 0).nodes[0]?.conf).toMatchObject({
      taskSoftTimeLimitSeconds: 20,
      taskTimeLimitSeconds: 30,
      visibilityTimeoutSeconds: 90,
    })
    expect(queueOptions(replies)).toEqual({steps: [0, 1], separator: ':'})
  })

  it('is none where the node refused to tell', () => expect(conf({error: 'no'})).toBeNull())
})
