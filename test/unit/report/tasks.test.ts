import {describe, expect, it} from 'vitest'
import {listTasks, type TaskFilter, type TaskState} from '../../../src/report/tasks.ts'
import type {CeleryFacts, FinishedFacts, FinishedTask} from '../../../src/snapshot/celery.ts'
import {factsIn} from '../../fixtures/broken.ts'
import {healthy, node, queue, runningTask, takenAt, unacked} from '../../fixtures/healthy.ts'

function celery(more: Partial<CeleryFacts> = {}): CeleryFacts {
  return {
    ...factsIn(healthy(), 'celery'),
    nodes: [
      node('celery@a', {
        active: [runningTask('r1', 'app.slow', {runningSeconds: 3}), runningTask('r2', 'app.mail')],
        reserved: 60,
        reservedTasks: [
          {id: 'r1', name: 'app.slow', queue: 'celery'},
          {id: 'h1', name: 'app.quick', queue: 'celery'},
        ],
      }),
      node('celery@b', {
        active: [runningTask('r3', 'app.slow', {runningSeconds: 4000, queue: 'mail'})],
        scheduled: 2,
        scheduledTasks: [
          {id: 's2', name: 'app.slow', queue: 'celery', eta: '2026-11-23T09:20:00+00:00'},
          {id: 's1', name: 'app.slow', queue: 'celery', eta: '2026-11-23T09:10:00+00:00'},
        ],
      }),
    ],
    queues: [
      queue('celery', 1200, {
        sample: {
          ...{
            messages: 2,
            complete: false,
            byTask: [],
            unreadable: [],
            largestBytes: null,
            averageBytes: null,
          },
          oldest: {id: 'w1', task: 'app.quick', eta: null, retries: 0},
          seen: [
            {id: 'w1', task: 'app.quick', eta: null, retries: 0},
            {id: 'w2', task: null, eta: null, retries: null},
          ],
        },
      }),
      queue('mail', 0),
    ],
    unacked: unacked(3, 90, [
      {id: 'h1', task: 'app.quick', queue: 'celery', deliveredSeconds: 90, eta: null, owner: 'celery@a'},
    ]),
    ...more,
  }
}

const ended = (
  id: string,
  state: string,
  at: string | null,
  more: Partial<FinishedTask> = {},
): FinishedTask => ({
  ...{id, name: 'app.slow', state, node: 'celery@a', queue: 'celery', at, runtimeSeconds: 2, exception: null},
  ...more,
})
const finished = (tasks: FinishedTask[], more: Partial<FinishedFacts> = {}): FinishedFacts => ({
  ...{from: 'flower', notFlower: null, tasks, looked: tasks.length, complete: true},
  ...more,
})

const list = (
  states: TaskState[],
  filter: TaskFilter = {},
  more: {limit?: number; finished?: FinishedFacts} = {},
) => listTasks({celery: celery(), finished: more.finished ?? null, takenAt}, states, filter, more.limit ?? 50)
const ids = (...args: Parameters<typeof list>) => list(...args).tasks.map(({id}) => id)

describe('live tasks', () => {
  it('come in the order of the states, each in its own', () => {
    expect(ids(['running'])).toEqual(['r3', 'r2', 'r1'])
    // What runs is not shown again as held.
    expect(ids(['reserved', 'scheduled', 'waiting'])).toEqual(['h1', 's1', 's2', 'w1', 'w2'])
  })

  it('say how old they are where that is known', () => {
    const {tasks} = list(['running', 'reserved', 'scheduled', 'waiting'])
    expect(tasks.map(({id, ageSeconds}) => [id, ageSeconds])).toEqual([
      ...[
        ['r3', 4000],
        ['r2', 4.2],
        ['r1', 3],
      ],
      ...[
        ['h1', 90],
        ['s1', null],
        ['s2', null],
        ['w1', null],
        ['w2', null],
      ],
    ])
  })

  it('are counted, listed or not', () => {
    const {live, states} = list(['running', 'waiting'], {name: 'nothing'})
    expect(states).toEqual([
      {state: 'running', seen: 3},
      {state: 'waiting', seen: 2},
    ])
    expect(live).toEqual({
      running: {total: 3, places: ['celery@a', 'celery@b'], nextEta: null},
      reserved: {total: 60, places: ['celery@a'], nextEta: null},
      // One of the nodes was not asked.
      scheduled: {total: null, places: ['celery@b'], nextEta: '2026-11-23T09:10:00+00:00'},
      waiting: {total: 1200, places: ['celery'], nextEta: null},
    })
  })

  it('are not known where no node was asked', () => {
    const facts = celery({probe: null, nodes: []})
    const {live} = listTasks({celery: facts, finished: null, takenAt}, ['running'], {}, 50)
    expect(live).toMatchObject({running: {total: null}, reserved: {total: null}, waiting: {total: 1200}})
  })

  it.each<[TaskFilter, string[]]>([
    [{name: 'app.s*'}, ['r3', 'r1', 's1', 's2']],
    [{worker: '*@a'}, ['r2', 'r1', 'h1']],
    [{queue: 'mail'}, ['r3']],
    [{olderThanSeconds: 60}, ['r3', 'h1']],
    [{name: '*.slow', worker: 'celery@b', olderThanSeconds: 3600}, ['r3']],
  ])('are chosen by %j', (filter, expected) => {
    expect(ids(['running', 'reserved', 'scheduled', 'waiting'], filter)).toEqual(expected)
  })

  it('whose age nobody knows are counted when it is asked for', () => {
    expect(list(['scheduled', 'waiting'], {olderThanSeconds: 1}).ageUnknown).toBe(4)
    expect(list(['scheduled', 'waiting']).ageUnknown).toBe(0)
  })

  it('are cut at the limit, and how many match is said', () => {
    const cut = list(['running', 'scheduled'], {}, {limit: 2})
    expect(cut.tasks.map(({id}) => id)).toEqual(['r3', 'r2'])
    expect(cut.matched).toBe(5)
  })
})

describe('ended tasks', () => {
  const facts = finished([
    ended('f1', 'FAILURE', '2026-11-23T08:59:00.000Z', {exception: 'ValueError: boom'}),
    ended('x', 'SUCCESS', '2026-11-23T08:00:00.000Z'),
    ended('v', 'REJECTED', null),
    ended('f2', 'FAILURE', '2026-11-23T08:00:00.000Z', {name: null}),
  ])

  it('are told by state, with the time since then', () => {
    const {tasks, finished: from, nameless} = list(['succeeded', 'failed', 'revoked'], {}, {finished: facts})
    expect(tasks.map(({id, state, ageSeconds}) => [id, state, ageSeconds])).toEqual([
      ['x', 'succeeded', 3600],
      ['f1', 'failed', 60],
      ['f2', 'failed', 3600],
      ['v', 'revoked', null],
    ])
    expect(from).toEqual({from: 'flower', notFlower: null, looked: 4, complete: true})
    expect(nameless).toBe(1)
  })

  it('are chosen as the others are', () => {
    expect(ids(['failed'], {olderThanSeconds: 120}, {finished: facts})).toEqual(['f2'])
    expect(ids(['failed'], {name: 'app.*'}, {finished: facts})).toEqual(['f1'])
  })
})
