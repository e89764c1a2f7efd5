import {describe, expect, it} from 'vitest'
import {judgeAll} from '../../../src/checks/judge.ts'
import {checks} from '../../../src/checks/registry.ts'
import type {Finding} from '../../../src/report/finding.ts'
import type {CeleryFacts, Node, Queue} from '../../../src/snapshot/celery.ts'
import {factsIn, hub} from '../../fixtures/broken.ts'
import {conf, flow, node, queue, runningTask, sample, unacked} from '../../fixtures/healthy.ts'

/** What a check says of a healthy hub in which Celery is different. */
function of(check: string, change: (celery: CeleryFacts) => void): Pick<Finding, 'status' | 'message'> {
  const chosen = checks.filter(({id}) => id === check)
  const [found] = judgeAll(
    chosen,
    hub(snapshot => change(factsIn(snapshot, 'celery'))),
  )
  if (found === undefined) throw new Error(`no check ${check}`)
  return {status: found.status, message: found.message}
}

const still = {flow: flow(7, {arrived: 0, taken: 0, headUnchanged: true, seconds: 1})}

describe('celery.consuming', () => {
  const consuming = (
    nodeIs: Partial<Node>,
    queueIs: Partial<Queue> = still,
    also?: (facts: CeleryFacts) => void,
  ) =>
    of('celery.consuming', celery => {
      celery.nodes = [node('celery@hub-celery-worker', nodeIs)]
      celery.queues = [queue('celery', 7, queueIs)]
      also?.(celery)
    })

  it('alarms where a node could take what waits', () => {
    expect(consuming({}).status).toBe('critical')
    expect(consuming({prefetch: 0}).status).toBe('critical')
    expect(consuming({pool: 'solo', poolProcesses: 1, concurrency: 1, prefetch: 4}).status).toBe('critical')
    expect(consuming({pool: 'threads', poolProcesses: null, concurrency: 4, prefetch: 16}).status).toBe(
      'critical',
    )
  })

  const busy = [runningTask('a', 'hub.slow'), runningTask('b', 'hub.slow')]
  it.each<[string, Partial<Node>]>([
    ['every pool process is busy', {active: busy}],
    ['its prefetch is full', {reserved: 8}],
    [
      'late acknowledgement fills its prefetch',
      {active: [runningTask('a', 'x', {acknowledged: false})], reserved: 7},
    ],
    ['its prefetch was raised for ETAs alone', {prefetch: 500, reserved: 8, scheduled: 490}],
    ['it has no pool process', {poolProcesses: 0}],
    ['it does not tell its prefetch', {prefetch: null}],
    ['it does not tell what it holds', {reserved: null}],
    ['it has only just started', {uptimeSeconds: 2}],
    ['it consumes another queue', {queues: ['emails']}],
  ])('does not, when %s', (_, nodeIs) => {
    expect(consuming(nodeIs).status).toBe('pass')
  })

  it.each<[string, Partial<Queue>]>([
    ['the queue moves', {flow: flow(7)}],
    ['it was worked off', {flow: flow(0, {headUnchanged: false, taken: 7})}],
    ['an urgent message came to the front', {flow: flow(8, {headUnchanged: false, taken: 0})}],
    ['the looks were too close', {flow: flow(7, {...still.flow, seconds: 0.3})}],
  ])('does not, when %s', (_, queueIs) => {
    expect(consuming({}, queueIs).status).toBe('pass')
  })

  it('does not, while the node serves another queue', () => {
    const both = {queues: ['celery', 'emails']}
    const serving = consuming(both, still, celery => celery.queues.push(queue('emails', 3, {flow: flow(2)})))
    expect(serving.status).toBe('pass')
  })

  it('takes what nobody tells of for tasks that wait for their rate', () => {
    const limited = (messages: number) =>
      consuming({rateLimited: true}, still, celery => {
        celery.unacked = unacked(messages, 3)
      })
    expect(limited(9).status).toBe('pass')
    expect(limited(1).status).toBe('critical')
  })

  it('is no pass after one look at what should be taken', () => {
    expect(consuming({}, {flow: null})).toEqual({
      status: 'skipped',
      message: 'the queues were looked at only once',
    })
  })
})

describe('celery.nodes-alike', () => {
  const two = (mine: Partial<Node>, theirs: Partial<Node>, queues: [string, string[]][]) =>
    of('celery.nodes-alike', celery => {
      celery.registered = [
        ['a.one', 'celery.chord'],
        ['a.one', 'a.two', 'celery.chain'],
      ]
      celery.nodes = [node('one@x', {registered: 0, ...mine}), node('two@x', {registered: 1, ...theirs})]
      celery.queues = queues.map(([name, consumers]) => queue(name, 0, {consumers}))
    })

  it('lets a node know more, when a queue of its own leads to it', () => {
    expect(two({}, {queues: ['celery', 'video']}, []).status).toBe('pass')
    expect(two({}, {queues: ['video']}, []).status).toBe('pass')
    expect(two({queues: ['celery', 'emails']}, {}, []).status).toBe('warning')
  })

  it('skips nodes that do not tell', () => {
    expect(two({registered: null}, {registered: null}, []).status).toBe('skipped')
    expect(two({registered: null}, {}, []).status).toBe('pass')
    expect(two({queues: null}, {}, []).status).toBe('pass')
  })
})

describe('celery.tasks-registered', () => {
  it.each<[string, 'pass' | 'skipped', (celery: CeleryFacts) => void]>([
    ['messages were not looked at', 'skipped', celery => (celery.queues = [queue('celery', 3)])],
    [
      'nodes do not tell',
      'skipped',
      celery => (celery.nodes = [node('celery@hub-celery-worker', {registered: null})]),
    ],
    ['nobody consumes the queue', 'pass', celery => Object.assign(celery.queues[0] ?? {}, {consumers: []})],
    [
      'messages have no readable name',
      'skipped',
      celery =>
        Object.assign(celery.queues[0] ?? {}, {sample: sample(3, '', {byTask: [{task: null, messages: 3}]})}),
    ],
  ])('does not alarm when %s', (_, status, change) => {
    expect(of('celery.tasks-registered', change).status).toBe(status)
  })
})

describe('what a check says of messages that wait where nobody consumes', () => {
  const stranded = (check: string) =>
    of(check, celery => {
      celery.queues = [
        queue('a', 1, {consumers: []}),
        ...['b', 'c', 'd'].map((name, place) => queue(name, place + 2, {consumers: []})),
      ]
    }).message

  it('is not that nothing waits, and the longest queues come first', () => {
    expect(stranded('celery.tasks-registered')).toBe('nothing waits where a node consumes')
    expect(stranded('celery.consuming')).toBe('no node with a free pool process consumes what waits')
    expect(stranded('celery.queue-depth')).toBe('d 4, c 3, b 2 and 1 more')
  })
})

describe('celery.visibility-timeout', () => {
  const held = {id: 'u', task: 'hub.slow', queue: 'celery', owner: 'celery@hub-celery-worker'}
  it.each<[string, (celery: CeleryFacts) => void]>([
    [
      'a long task was acknowledged when it began',
      celery =>
        Object.assign(celery.nodes[0] ?? {}, {active: [runningTask('a', 'x', {runningSeconds: 9000})]}),
    ],
    [
      'an ETA is within it',
      celery =>
        (celery.unacked = unacked(1, 60, [{...held, deliveredSeconds: 60, eta: '2026-11-23T09:50:00.000Z'}])),
    ],
    [
      'an ETA is long past',
      celery =>
        (celery.unacked = unacked(1, 9, [{...held, deliveredSeconds: 9, eta: '2026-11-20T09:50:00.000Z'}])),
    ],
    [
      'a long time limit does not matter to early acknowledgement',
      celery => Object.assign(celery.nodes[0] ?? {}, {conf: conf({taskTimeLimitSeconds: 90_000})}),
    ],
  ])('does not alarm when %s', (_, change) => {
    expect(of('celery.visibility-timeout', change).status).toBe('pass')
  })

  it('says when a task is past it', () => {
    const past = of('celery.visibility-timeout', celery =>
      Object.assign(celery.nodes[0] ?? {}, {
        active: [runningTask('a', 'hub.slow', {acknowledged: false, runningSeconds: 7200})],
      }),
    )
    expect(past.message).toMatch(/unacknowledged for 2 h, past the 1 h/)
  })
})

describe('celery.unacked', () => {
  const entry = {id: 'u', task: 'hub.slow', queue: 'celery', deliveredSeconds: 300, eta: null, owner: null}
  it('takes no message for an orphan that a node may hold, that is on its way or waits for its ETA', () => {
    const sampled = (more: object, ownersKnown = true) =>
      of('celery.unacked', celery => {
        celery.unacked = {...unacked(1, 300, [{...entry, ...more}]), ownersKnown}
      }).status
    expect(sampled({})).toBe('warning')
    expect(sampled({}, false)).toBe('pass')
    expect(sampled({deliveredSeconds: 20})).toBe('pass')
    expect(sampled({eta: '2026-11-23T10:00:00.000Z'})).toBe('pass')
    expect(sampled({owner: 'celery@hub-celery-worker'})).toBe('pass')
  })

  it('says which message its age is of where others wait for an ETA', () => {
    const held = {...entry, deliveredSeconds: 900, eta: '2026-11-23T10:00:00.000Z'}
    const found = of('celery.unacked', celery => {
      celery.unacked = unacked(2, 900, [held, {...entry, deliveredSeconds: 5}])
    })
    expect(found.message).toBe('2 messages, the oldest that waits for no ETA since 5 s')
  })

  it('goes by the visibility timeout of the nodes', () => {
    const old = (seconds: number) =>
      of('celery.unacked', celery => {
        celery.unacked = {messages: 1, oldestSeconds: 4000, sample: null, ownersKnown: false}
        celery.nodes = [node('a@x', {conf: conf({visibilityTimeoutSeconds: seconds})})]
      }).status
    expect(old(3600)).toBe('warning')
    expect(old(7200)).toBe('pass')
  })

  it('does not call a message old that waits for its ETA', () => {
    const waiting = {...entry, deliveredSeconds: 9000, eta: '2026-11-24T10:00:00.000Z', owner: 'a@x'}
    const found = of('celery.unacked', celery => {
      celery.unacked = unacked(1, 9000, [waiting])
    })
    expect(found).toEqual({status: 'pass', message: '1 message'})
  })
})

describe('celery.prefetch', () => {
  const busy = [runningTask('a', 'hub.slow'), runningTask('b', 'hub.slow')]
  const beside = (more: Partial<Node>, other: Partial<Node> = {}, ready = 0) =>
    of('celery.prefetch', celery => {
      celery.nodes = [
        node('a@x', {active: busy, reserved: 3, reservedUnchanged: true, ...more}),
        node('b@x', other),
      ]
      celery.queues = [queue('celery', ready, {consumers: ['a@x', 'b@x']})]
    }).status

  it('needs a busy node with the same reserved tasks in two looks, and an idle one of the same queue', () => {
    expect(beside({})).toBe('notice')
    expect(beside({reservedUnchanged: false})).toBe('pass')
    expect(beside({reservedUnchanged: null})).toBe('skipped')
    expect(beside({active: []})).toBe('pass')
    expect(beside({}, {active: [runningTask('c', 'x')]})).toBe('pass')
    expect(beside({}, {reserved: 1})).toBe('pass')
    expect(beside({}, {queues: ['emails']})).toBe('pass')
    expect(beside({reservedTasks: [{id: 'r', name: 'hub.slow', queue: 'other'}]})).toBe('pass')
    // Then the idle one has a trouble of its own.
    expect(beside({}, {}, 5)).toBe('pass')
  })
})

describe('celery.eta', () => {
  it('does not take running and reserved tasks for waiting ones, nor orphans', () => {
    const crowded = of('celery.eta', celery => {
      celery.unacked = {messages: 5000, oldestSeconds: 60, sample: [], ownersKnown: false}
      celery.nodes = [node('a@x', {reserved: 4990})]
    })
    expect(crowded.status).toBe('skipped')
    const orphans = of('celery.eta', celery => {
      const entry = {id: 'u', task: 'x', queue: 'celery', deliveredSeconds: 300, eta: null, owner: null}
      celery.unacked = unacked(5000, 300, Array(200).fill(entry))
    })
    expect(orphans.status).toBe('pass')
  })
})

describe('celery.message-size and celery.reply-lists', () => {
  it('tell in a pass what there is', () => {
    expect(of('celery.message-size', () => {}).message).toBe('at most 1.4 KiB')
    const used = of('celery.reply-lists', celery => {
      celery.replyLists = {lists: 2, abandoned: 0, bytes: 900}
    })
    expect(used).toEqual({status: 'pass', message: '2 lists, in use'})
    const untold = of('celery.reply-lists', celery => {
      celery.replyLists = null
    })
    expect(untold.status).toBe('skipped')
  })
})

describe('celery.queue-consumers', () => {
  it('does not let nodes consume what they would throw away', () => {
    const [found] = judgeAll(
      checks.filter(({id}) => id === 'celery.queue-consumers'),
      hub(snapshot => {
        const mail = {consumers: [], sample: sample(4, 'hub.mail')}
        factsIn(snapshot, 'celery').queues.push(queue('emails', 4, mail))
      }),
    )
    expect(found?.remedies[0]?.text).toContain('start a node for emails (-Q) that has registered hub.mail')
    expect(found?.remedies.flatMap(({command}) => command ?? [])).not.toContain('add_consumer')
    expect(found?.evidence).toContainEqual({label: 'seen in emails', value: 'hub.mail 4'})
  })
})
