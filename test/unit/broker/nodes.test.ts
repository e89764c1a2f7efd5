import {describe, expect, it} from 'vitest'
import {chooseNode, chooseNodes} from '../../../src/broker/choose-nodes.ts'
import {orderOutcome} from '../../../src/broker/node-words.ts'
import {allAnswered, pinged} from '../../../src/broker/ping.ts'
import {foretellPool, isChanged, poolRefusal} from '../../../src/broker/pool.ts'
import {findTasks, foretellRevoke, stillRunning} from '../../../src/broker/revoke.ts'
import {foretellShutdown, stillThere} from '../../../src/broker/shutdown.ts'
import {nameOf, requireAnswering} from '../../../src/broker/target-node.ts'
import type {CeleryFacts} from '../../../src/snapshot/celery.ts'
import type {Told} from '../../../src/sources/celery/nodes/control.ts'
import type {Json} from '../../../src/sources/loose-json.ts'
import {conf, container, healthy, node, queue, runningTask} from '../../fixtures/healthy.ts'

function factsWith(more: Partial<CeleryFacts>): CeleryFacts {
  const {celery} = healthy().sources
  if (celery === undefined || celery.status === 'unavailable') throw new Error('no Celery in the fixture')
  return {...celery.value, ...more}
}

describe('nodes are chosen', () => {
  const known = ['celery@web-1', 'celery@web-2', 'mail@box', 'celery@web-1']

  it.each([
    [[], ['celery@web-1', 'celery@web-2', 'mail@box']],
    [['mail@box'], ['mail@box']],
    [['web-2'], ['celery@web-2']],
    [['mail'], ['mail@box']],
    [
      ['celery@web-*', 'box'],
      ['celery@web-1', 'celery@web-2', 'mail@box'],
    ],
    [['web-?'], ['celery@web-1', 'celery@web-2']],
  ])('%j means %j', (words, names) => {
    expect(chooseNodes(words, known)).toEqual(names)
  })

  it('never by a part of a name, nor by what a pattern means elsewhere', () => {
    for (const word of ['web', '.*', 'mail.box', '(celery@web-1)', 'celery@web-1|mail@box'])
      expect(() => chooseNodes([word], known), word).toThrow(/there is no node/)
  })

  it('with the closest name for one that there is not', () => {
    expect(() => chooseNodes(['mial@box'], known)).toThrow(
      expect.objectContaining({
        exit: 64,
        code: 'no-such-node',
        suggestions: ['did you mean mail@box?', 'nodes: celery@web-1, celery@web-2, mail@box'],
      }),
    )
    expect(() => chooseNodes(['x'], [])).toThrow(expect.objectContaining({suggestions: ['no node is known']}))
  })

  it('one alone where one is wanted', () => {
    expect(chooseNode('web-1', known)).toBe('celery@web-1')
    expect(() => chooseNode('celery', known)).toThrow(
      expect.objectContaining({exit: 64, code: 'several-nodes'}),
    )
  })
})

describe('a node that cannot be told', () => {
  const command = (...words: string[]) => ['hub-mon', ...words].join(' ')
  const facts = factsWith({silent: ['celery@b'], probe: {subscribers: 2, seconds: 1}})

  it('is found by name all the same', () => {
    expect(nameOf('celery@b', facts)).toBe('celery@b')
  })

  it('because it is silent has a container that can be', () => {
    const elsewhere = {container: container('mailer', 'worker'), command}
    expect(() => requireAnswering('celery@b', facts, elsewhere)).toThrow(
      expect.objectContaining({
        exit: 69,
        code: 'node-silent',
        suggestions: ['hub-mon restart mailer', 'docker restart hub-mailer'],
      }),
    )
  })

  it('because it is gone needs no telling', () => {
    const gone = {...facts, probe: {subscribers: 1, seconds: 1}}
    expect(() => requireAnswering('celery@b', gone, {container: undefined, command})).toThrow(
      expect.objectContaining({exit: 69, code: 'node-gone'}),
    )
  })
})

describe('a shutdown is foretold', () => {
  it('with what becomes of tasks that run and are held', () => {
    const busy = node('celery@a', {
      active: [runningTask('1', 'x'), runningTask('2', 'y', {acknowledged: null})],
      reserved: 3,
      scheduled: 1,
      conf: conf({acksLate: true}),
    })
    expect(foretellShutdown('celery@a', [busy], container('mailer', 'worker'))).toEqual([
      'celery@a takes no more tasks, finishes the 2 tasks that run and ends (warm shutdown).',
      'Should it be killed before: 1 task, acknowledged already, would be lost.',
      'Should it be killed before: 1 task, acknowledged late, would run again, once the visibility timeout (1 h) is over.',
      'Held and not begun: 3 reserved, 1 for its ETA. They go back to their queues when the node ends; where it is killed, once the visibility timeout (1 h) is over.',
      'The restart policy of its container, hub-mailer, may start it again.',
    ])
  })

  it('of all nodes under the name, and with what could not be told', () => {
    const two = [node('celery@a'), node('celery@a', {reserved: null})]
    const [first, held, again] = foretellShutdown('celery@a', two, undefined)
    expect(first).toBe(
      'All 2 nodes that answer as celery@a take no more tasks, run none and end (warm shutdown).',
    )
    expect(held).toContain('Held and not begun: an unknown number reserved.')
    expect(again).toContain('may start it again')
  })

  it('and of one that has not gone, what it may be about, and what ends it', () => {
    const command = (...words: string[]) => words.join(' ')
    const busy = node('celery@a', {active: [runningTask('1', 'app.add')]})
    expect(stillThere([busy], undefined, command)).toEqual({
      detail: expect.stringContaining('finishing a task'),
      suggestions: ['workers celery@a'],
    })
    const idle = node('celery@a', {active: [], reserved: 0})
    expect(stillThere([idle], undefined, command)).toEqual({
      detail: expect.stringContaining('It ran nothing: it hangs'),
      suggestions: ['workers celery@a', 'end its process with SIGKILL on the machine that it runs on'],
    })
    const {suggestions} = stillThere([idle], container('mailer', 'worker'), command)
    expect(suggestions).toContain('restart mailer --grace 10s')
  })
})

describe('a change of a pool is foretold', () => {
  it('from how many to how many', () => {
    const [said] = foretellPool('celery@a', [node('celery@a')], {direction: 'grow', by: 2})
    expect(said).toBe('celery@a: from 2 to 4 pool processes.')
  })

  it.each(['solo', 'threads'])('and refused for a %s pool', pool => {
    expect(() => foretellPool('celery@a', [node('celery@a', {pool})], {direction: 'grow', by: 1})).toThrow(
      expect.objectContaining({exit: 64, code: 'fixed-pool'}),
    )
  })

  it('and refused where no process would be left', () => {
    const shrink = (by: number) => foretellPool('celery@a', [node('celery@a')], {direction: 'shrink', by})
    expect(shrink(1)[0]).toContain('from 2 to 1 pool process.')
    expect(() => shrink(2)).toThrow(expect.objectContaining({exit: 64, code: 'pool-too-small'}))
  })

  it('in Celery’s own words where it refuses', () => {
    const {ok, words} = orderOutcome({error: `ValueError("Can't shrink pool. All processes busy!")`})
    expect([ok, words]).toEqual([false, "Can't shrink pool. All processes busy!"])
    const refusal = poolRefusal('celery@a', words)
    expect(refusal.message).toBe("celery@a refused: Can't shrink pool. All processes busy!")
    expect(refusal.suggestions.join()).toContain('every pool process runs a task')
    expect(poolRefusal('celery@a', '\u001b[2J').message).not.toContain('\u001b')
  })

  it.each([
    [{ok: 'pool will grow'}, true],
    [null, true],
    [[], true],
    [{error: 'x'}, false],
  ])('%j is an answer', (value, ok) => {
    expect(orderOutcome(value).ok).toBe(ok)
  })
})

describe('a pool has changed', () => {
  it.each<['grow' | 'shrink', (number | null)[], (number | null)[], boolean]>([
    ['grow', [2], [4], true],
    ['shrink', [4], [2], true],
    ['grow', [2], [3], false],
    ['grow', [2, 2], [4, 4], true],
    // Its node has gone, or does not answer any more.
    ['shrink', [4], [], false],
    ['grow', [2, 2], [4], false],
    ['grow', [null], [null], true],
    ['grow', [null], [], false],
  ])('%s by 2 from %j to %j: %j', (direction, before, after, changed) => {
    expect(isChanged(before, after, {direction, by: 2})).toBe(changed)
  })
})

describe('a ping', () => {
  const told = (more: Partial<Told>): Told => ({
    subscribers: 1,
    seconds: 0.1,
    replies: [],
    unreadable: 0,
    ...more,
  })
  const a = {node: 'celery@a', value: {ok: 'pong'}, seconds: 0.01}

  it('is answered by all that are connected; who is gone fails nothing', () => {
    const result = pinged(told({replies: [a]}), {known: ['celery@a', 'celery@b']}, null)
    expect(result).toMatchObject({silent: [], gone: ['celery@b'], nameless: 0})
    expect(allAnswered(result)).toBe(true)
  })

  it('is not answered by one that is connected and silent', () => {
    const result = pinged(told({subscribers: 2, replies: [a]}), {known: ['celery@a', 'celery@b']}, null)
    expect(result).toMatchObject({silent: ['celery@b'], gone: []})
    expect(allAnswered(result)).toBe(false)
  })

  it('fails for one that was named and is gone, and where nobody is', () => {
    const known = {known: ['celery@a', 'celery@b']}
    expect(allAnswered(pinged(told({replies: [a]}), known, ['celery@b']))).toBe(false)
    expect(allAnswered(pinged(told({subscribers: 0}), {known: []}, null))).toBe(false)
  })

  it('is answered in pickle, too', () => {
    expect(allAnswered(pinged(told({unreadable: 1}), {known: ['celery@a']}, ['celery@a']))).toBe(true)
  })
})

describe('tasks to revoke', () => {
  const facts = factsWith({
    nodes: [
      node('celery@a', {
        active: [runningTask('r', 'x', {runningSeconds: 12})],
        scheduledTasks: [{id: 's', name: 'later', queue: 'celery', eta: null}],
      }),
    ],
    queues: [
      queue('mail', 1, {
        sample: {
          ...{messages: 1, complete: true, oldest: null, byTask: [], unreadable: []},
          ...{largestBytes: null, averageBytes: null},
          seen: [{id: 'w', task: 'send', eta: null, retries: 0}],
        },
      }),
    ],
  })
  const info = (name: string) => ({name, args: ['CANARY'], delivery_info: {routing_key: 'celery'}})
  const replies = [
    {
      node: 'celery@a',
      seconds: 0,
      value: {r: ['active', info('x')], h: ['reserved', info('y')], d: ['ready', info('z')]},
    },
    {node: 'celery@b', seconds: 0, value: {error: 'no'}},
  ]
  const found = findTasks(['r', 'h', 's', 'w', 'd', '?'], facts, replies)
  const running = found.slice(0, 1)

  it('are found where they are', () => {
    expect(found.map(({id, state, node: where, queue: from}) => [id, state, where, from])).toEqual([
      ['r', 'running', 'celery@a', 'celery'],
      ['h', 'reserved', 'celery@a', 'celery'],
      ['s', 'scheduled', 'celery@a', 'celery'],
      ['w', 'waiting', null, 'mail'],
      ['d', null, null, null],
      ['?', null, null, null],
    ])
    expect(JSON.stringify(found)).not.toContain('CANARY')
  })

  it('run no more once their node says so, and not because it is silent', () => {
    const from = (name: string, value: Json) => [{node: name, seconds: 0, value}]
    expect(stillRunning(running, from('celery@a', {}))).toEqual([])
    expect(stillRunning(running, from('celery@a', {r: ['active', info('x')]}))).toEqual(running)
    expect(stillRunning(running, [])).toEqual(running)
    expect(stillRunning(running, from('celery@b', {}))).toEqual(running)
  })

  it('are told with what revoking does not do', () => {
    const plain = foretellRevoke(running, {terminate: false, signal: 'SIGTERM', silent: 1})
    expect(plain).toEqual([
      'x r runs on celery@a, for 12 s.',
      'Every node that is connected remembers not to run it; in memory alone, unless it was started with --statedb: one that starts later, or again, runs it.',
      'What runs already goes on: only --terminate ends it.',
      '1 node does not answer: told when it wakes, if it does.',
    ])
    const ending = foretellRevoke(
      running.map(task => ({...task, pool: 'threads'})),
      {terminate: true, signal: 'SIGKILL', silent: 0},
    )
    expect(ending.join(' ')).toMatch(
      /sends SIGKILL .* that one is hit\. A pool of threads has no process to end: r may go on/,
    )
  })

  it('are named up to ten', () => {
    const many = Array.from({length: 5}, () => found).flat()
    expect(foretellRevoke(many, {terminate: false, signal: 'SIGTERM', silent: 0})[10]).toBe(
      'And 20 tasks more.',
    )
  })
})
