import {describe, expect, it} from 'vitest'
import {accountOf, lookedThrough, whyIncomplete} from '../../../src/report/task-account.ts'
import type {
  FlowerStory,
  HeldStory,
  NodesStory,
  ResultStory,
  TaskMessage,
  TaskStory,
} from '../../../src/snapshot/task-story.ts'

const lookedAt = '2026-11-23T09:00:00.000Z'

const message = (more: Partial<TaskMessage> = {}): TaskMessage => ({
  ...{task: 'app.slow', eta: null, expires: null, retries: 0, rootId: 'id', parentId: null, groupId: null},
  ...{origin: 'gen1@web', contentType: 'application/json', redelivered: false, args: null, kwargs: null},
  ...more,
})
const held = (more: Partial<HeldStory> = {}): HeldStory => ({
  ...{
    node: 'celery@a',
    pool: 'prefork',
    state: 'running',
    task: 'app.slow',
    queue: 'celery',
    pid: 21,
    acknowledged: true,
  },
  ...{startedAt: '2026-11-23T08:59:00.000Z', redelivered: false, eta: null, args: null, kwargs: null},
  ...more,
})
const nodes = (more: Partial<NodesStory> = {}): NodesStory => ({
  ...{subscribers: 2, answered: ['celery@a', 'celery@b'], unreadable: 0, held: [], revokedOn: []},
  scheduledAsked: true,
  ...more,
})
const result = (state: string | null, more: Partial<ResultStory> = {}): ResultStory => ({
  ...{
    database: 1,
    state,
    unreadable: null,
    bytes: 300,
    expiresInSeconds: 3600,
    task: null,
    node: null,
    queue: null,
  },
  ...{retries: null, groupId: null, parentId: null, children: [], value: null, args: null, kwargs: null},
  ...{exception: null, traceback: null, doneAt: '2026-11-23T08:30:00.000Z'},
  ...more,
})
const flower = (state: string, more: Partial<FlowerStory> = {}): FlowerStory => ({
  ...{state, task: 'app.slow', node: 'celery@a', queue: 'celery', retries: 0, runtimeSeconds: 2, eta: null},
  ...{rootId: 'id', parentId: null, children: [], events: [], exception: null, traceback: null},
  ...{value: null, args: null, kwargs: null},
  ...more,
})
const waiting = (more: Partial<TaskMessage> = {}): TaskStory['queues'] => ({
  found: {queue: 'celery', step: 0, position: 3, message: message(more)},
  looked: [{queue: 'celery', looked: 3, of: 12}],
})
const delivered = (more: Partial<TaskMessage> = {}): TaskStory['unacked'] => ({
  ...{found: {deliveredAt: '2026-11-23T08:50:00.000Z', message: message(more)}, looked: 1, of: 1},
})
const story = (more: Partial<TaskStory> = {}): TaskStory => ({
  ...{id: 'id', lookedAt, queues: {found: null, looked: []}, unacked: {found: null, looked: 0, of: 0}},
  ...{
    nodes: nodes(),
    result: null,
    results: {databases: [1], whyNot: null},
    flower: null,
    notFlower: 'no Flower',
  },
  ...more,
})

describe('a task that was not found', () => {
  it.each([
    [nodes(), null],
    [null, 'the nodes were not asked'],
    [nodes({answered: ['celery@a']}), '1 of 2 nodes did not answer'],
    [nodes({subscribers: 1, answered: []}), '1 of 1 node did not answer'],
    [nodes({answered: ['celery@a'], unreadable: 1}), '1 of 2 nodes answered in pickle, which is not opened'],
  ])('may be on a node that has not said that it does not have it', (asked, why) => {
    expect(whyIncomplete(story({nodes: asked}))).toBe(why)
  })
})

describe('an account', () => {
  it('of a task that runs does not take for its result who runs it', () => {
    const value = {kind: 'object', length: 2, shown: null} as const
    expect(accountOf(story({result: result('STARTED', {value})}))?.result).toBeNull()
    expect(accountOf(story({result: result('SUCCESS', {value})}))?.result).toEqual(value)
  })

  it('of a task that is tried again does not call it its own child', () => {
    const retried = result('RETRY', {children: ['id', 'other']})
    expect(accountOf(story({result: retried}))?.children).toEqual(['other'])
  })

  it('is none of what nobody knows', () => {
    expect(accountOf(story())).toBeNull()
    expect(accountOf(story({nodes: null}))).toBeNull()
  })

  it.each<[string, Partial<TaskStory>, string]>([
    ['running', {nodes: nodes({held: [held()]})}, 'running on celery@a, process 21'],
    [
      'reserved',
      {nodes: nodes({held: [held({state: 'reserved', startedAt: null})]})},
      'reserved on celery@a: it waits for a free pool process',
    ],
    [
      'scheduled',
      {nodes: nodes({held: [held({state: 'scheduled'})]})},
      'scheduled on celery@a: held until its ETA',
    ],
    [
      'held',
      {nodes: nodes({held: [held({state: 'held'})]})},
      'known on celery@a, and neither running nor reserved: about to end',
    ],
    ['waiting', {queues: waiting()}, 'waiting in celery, 3 of 12'],
    [
      'waiting',
      {queues: waiting(), nodes: nodes({revokedOn: ['celery@a']})},
      'waiting in celery, 3 of 12; revoked: dropped when a node takes it',
    ],
    [
      'delivered',
      {unacked: delivered()},
      'delivered and not acknowledged, and no node has it: it is delivered again after the visibility timeout',
    ],
    [
      'delivered',
      {unacked: delivered(), nodes: nodes({answered: ['celery@a']})},
      'delivered and not acknowledged; a node may have it: 1 of 2 nodes did not answer',
    ],
    ['scheduled', {unacked: delivered({eta: '2026-11-23T10:00:00+00:00'})}, 'scheduled: held until its ETA'],
    [
      'revoked',
      {nodes: nodes({revokedOn: ['celery@a', 'celery@b']})},
      'revoked: celery@a, celery@b drop it when it comes',
    ],
    [
      'scheduled',
      {nodes: nodes({held: [held({state: 'scheduled'})], revokedOn: ['celery@a']})},
      'scheduled on celery@a: revoked, and dropped at its ETA',
    ],
    [
      'reserved',
      {nodes: nodes({held: [held({state: 'reserved'})], revokedOn: ['celery@a']})},
      'reserved on celery@a: revoked, and dropped when a pool process is free',
    ],
    [
      'unknown',
      {result: result('STARTED', {node: 'celery@b'}), nodes: nodes({answered: ['celery@a']})},
      'the result backend says STARTED on celery@b, and no node says that it has it: 1 of 2 nodes did not answer',
    ],
    [
      'unknown',
      {result: result('STARTED', {node: 'celery@b'})},
      'the result backend says STARTED on celery@b, and no node says that it has it: its node may have ended with it',
    ],
    ['succeeded', {result: result('SUCCESS', {node: 'celery@b'})}, 'succeeded on celery@b'],
    ['failed', {result: result('FAILURE', {exception: 'ValueError: x'})}, 'failed: ValueError: x'],
    ['revoked', {result: result('REVOKED')}, 'revoked'],
    ['retrying', {result: result('RETRY')}, 'to be tried again, and not found in a queue or on a node'],
    [
      'scheduled',
      {result: result('RETRY'), unacked: delivered({eta: '2026-11-23T10:00:00Z'})},
      'scheduled: held until its ETA',
    ],
    [
      'ended',
      {result: result(null, {unreadable: 'it is not JSON'})},
      'a result is stored, and cannot be read: it is not JSON',
    ],
    ['succeeded', {flower: flower('SUCCESS')}, 'succeeded on celery@a'],
    ['running', {flower: flower('STARTED')}, 'Flower saw it start on celery@a; no node says that it runs it'],
    ['unknown', {flower: flower('PENDING')}, 'Flower knows it as PENDING, and nobody else knows it'],
  ])('says %s of what is told', (state, more, summary) => {
    expect(accountOf(story(more))).toMatchObject({state, summary, contradictions: []})
  })

  it('takes a result from after the look for what became of it', () => {
    const done = result('SUCCESS', {doneAt: '2026-11-23T09:00:00.500Z'})
    expect(accountOf(story({nodes: nodes({held: [held()]}), result: done}))).toMatchObject({
      state: 'succeeded',
      contradictions: [],
    })
  })

  it('gathers each fact from whoever knows it', () => {
    const account = accountOf(
      story({
        queues: waiting({groupId: 'g', parentId: 'p', retries: 2}),
        flower: flower('RECEIVED', {children: ['c'], rootId: 'root'}),
        result: result('RETRY', {children: ['c', 'd'], exception: 'RuntimeError: flaky'}),
      }),
    )
    expect(account).toMatchObject({
      ...{task: 'app.slow', retries: 2, groupId: 'g', parentId: 'p', rootId: 'root', children: ['c', 'd']},
      ...{exception: 'RuntimeError: flaky', origin: 'gen1@web', endedAt: null, resultExpiresInSeconds: 3600},
    })
  })

  it('has a timeline in order, with who says so, and what is true now at its end', () => {
    const account = accountOf(
      story({
        nodes: nodes({held: [held()], revokedOn: ['celery@b']}),
        unacked: delivered(),
        flower: flower('STARTED', {
          events: [
            {event: 'sent', at: '2026-11-23T08:40:00.000Z'},
            {event: 'started', at: '2026-11-23T08:59:00.100Z'},
          ],
        }),
      }),
    )
    expect(account?.timeline).toEqual([
      {at: '2026-11-23T08:40:00.000Z', event: 'sent', source: 'Flower'},
      {at: '2026-11-23T08:50:00.000Z', event: 'delivered to a node', source: 'broker'},
      {at: '2026-11-23T08:59:00.000Z', event: 'started in process 21', source: 'celery@a'},
      {at: '2026-11-23T08:59:00.100Z', event: 'started', source: 'Flower'},
      {at: null, event: 'running', source: 'celery@a'},
      {at: null, event: 'revoked: to be dropped', source: 'celery@b'},
    ])
  })
})

describe('a task that is told to be revoked, of which Celery 5.6 stores that it is', () => {
  it('is where it is, and contradicts nothing', () => {
    const told = {nodes: nodes({revokedOn: ['celery@a', 'celery@b']}), result: result('REVOKED')}
    expect(accountOf(story({...told, queues: waiting()}))).toMatchObject({
      ...{state: 'waiting', contradictions: []},
      summary: 'waiting in celery, 3 of 12; revoked: dropped when a node takes it',
    })
    const scheduled = nodes({revokedOn: ['celery@a'], held: [held({state: 'scheduled', pid: null})]})
    expect(accountOf(story({nodes: scheduled, result: result('REVOKED')}))).toMatchObject({
      ...{state: 'scheduled', contradictions: []},
    })
  })
})

describe('a story that contradicts itself', () => {
  const again = 'it was delivered again, or sent twice'

  it.each<[string, Partial<TaskStory>]>([
    [
      `the result backend says SUCCESS while celery@a has it (running): ${again}`,
      {nodes: nodes({held: [held()]}), result: result('SUCCESS')},
    ],
    [
      'the result backend says SUCCESS while celery@a has it (running): it was delivered again',
      {nodes: nodes({held: [held({redelivered: true})]}), result: result('SUCCESS')},
    ],
    [
      `the result backend says FAILURE while it waits in celery: ${again}`,
      {queues: waiting(), result: result('FAILURE')},
    ],
    [
      `the result backend says REVOKED while it waits in celery: ${again}`,
      {queues: waiting(), result: result('REVOKED', {node: 'celery@a'})},
    ],
    [
      `celery@a and celery@b run it at once: ${again}`,
      {nodes: nodes({held: [held(), held({node: 'celery@b'})]})},
    ],
    [
      `it waits in celery while celery@a runs it: ${again}`,
      {queues: waiting(), nodes: nodes({held: [held()]})},
    ],
    [
      'the result backend says SUCCESS, Flower says FAILURE',
      {result: result('SUCCESS'), flower: flower('FAILURE')},
    ],
    [
      'it is revoked, and celery@a runs it all the same: revoking stops what runs only with --terminate',
      {nodes: nodes({held: [held()], revokedOn: ['celery@a']})},
    ],
    [
      'it is revoked, and celery@a runs it all the same: a pool of kind threads cannot end what runs',
      {nodes: nodes({held: [held({pool: 'threads'})], revokedOn: ['celery@a']})},
    ],
  ])('is said to: %s', (sentence, more) => {
    expect(accountOf(story(more))?.contradictions).toEqual([sentence])
  })

  it('is none of one that moved on while it was looked for', () => {
    const moved = held({startedAt: '2026-11-23T09:00:00.100Z'})
    expect(accountOf(story({queues: waiting(), nodes: nodes({held: [moved]})}))?.contradictions).toEqual([])
  })

  it('is none of a retry', () => {
    const retried = held({state: 'scheduled'})
    expect(
      accountOf(
        story({
          nodes: nodes({held: [retried]}),
          result: result('RETRY', {doneAt: null}),
          flower: flower('RETRY'),
        }),
      ),
    ).toMatchObject({state: 'scheduled', contradictions: []})
  })
})

describe('what was looked through', () => {
  it('says how far', () => {
    expect(
      lookedThrough(
        story({
          queues: {found: null, looked: [{queue: 'celery', looked: 10_000, of: 1_000_000}]},
          unacked: {found: null, looked: 5, of: 5},
          nodes: nodes({answered: ['celery@a'], scheduledAsked: false}),
          results: {databases: [], whyNot: 'the nodes keep no results'},
        }),
      ),
    ).toEqual([
      'queue celery: the first 10,000 of 1,000,000 messages',
      'delivered messages: all 5',
      'nodes: 1 of 2 answered, 1 silent',
      'nodes: not asked what they hold for an ETA: there is too much of it',
      'result backend: the nodes keep no results',
      'Flower: no Flower',
    ])
  })

  it('says what was not asked', () => {
    expect(
      lookedThrough(story({nodes: null, unacked: {found: null, looked: 0, of: null}, notFlower: null})),
    ).toEqual([
      'queues: nothing waits',
      'delivered messages: could not be looked through',
      'nodes: not asked',
      'result backend: nothing in database 1',
      'Flower: does not know it',
    ])
  })
})
