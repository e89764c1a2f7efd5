import {readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {evaluate} from '../../../src/metrics/evaluate.ts'
import type {Sample} from '../../../src/metrics/metric.ts'
import {metrics} from '../../../src/metrics/registry.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {hub as brokenHub, factsIn, inContainer, noRecorder, unreadable} from '../../fixtures/broken.ts'
import {healthy, node, outcome} from '../../fixtures/healthy.ts'

function samplesOf(id: string, snapshot: Snapshot): Sample[] {
  const metric = metrics.find(candidate => candidate.id === id)
  if (metric === undefined) throw new Error(`no metric ${id}`)
  return evaluate(metric, snapshot)
}

const total = (id: string, snapshot: Snapshot) => samplesOf(id, snapshot)[0]
const away = {code: 'timeout', message: 'did not answer'}

describe('on a healthy hub', () => {
  it.each([
    ['task_success_ratio', 1, true],
    ['task_failure_ratio', 0, null],
    ['task_retry_ratio', 2 / 502, true],
    ['task_runtime_seconds', 344 / 499, null],
    ['task_failed_total', 0, true],
    ['queue_messages', 3, true],
    ['queue_unacked_messages', 1, null],
    ['celery_nodes_online', 1, null],
    ['celery_pool_processes', 2, true],
    ['celery_tasks_running', 1, null],
    ['redis_up', 1, null],
    ['redis_memory_ratio', 3_100_000 / 268_435_456, null],
  ])('%s is %d', (id, value, targetMet) => {
    const sample = total(id, healthy())
    expect(sample?.value).toBeCloseTo(value)
    expect(sample).toMatchObject({targetMet, level: 'ok'})
  })

  it('has a file for each metric, and a metric in each file of that name', () => {
    const files = readdirSync(new URL('../../../src/metrics', import.meta.url)).map(file => file.slice(0, -3))
    const others = ['metric', 'registry', 'evaluate', 'task-figures', 'window-figures', 'container-loads']
    expect(metrics.map(({id}) => id.replaceAll('_', '-')).sort()).toEqual(
      files.filter(file => !others.includes(file)).sort(),
    )
  })

  it('gives each figure its source and since when', () => {
    for (const id of ['task_success_ratio', 'task_failed_total'])
      for (const sample of samplesOf(id, healthy()))
        expect(sample).toMatchObject({source: 'flower', since: '2026-11-23T08:00:10.000Z'})
  })

  it('tells task types apart, the busiest first, after all of them', () => {
    expect(
      samplesOf('task_runtime_seconds', healthy()).map(({labels, value}) => [labels.task, value]),
    ).toEqual([
      [undefined, expect.closeTo(344 / 499)],
      ['hub.quick', 0.05],
      ['hub.flaky', 0.2],
      ['hub.slow', 8],
    ])
  })
})

describe('figures of tasks, where nobody recorded', () => {
  const hub = (change: (snapshot: Snapshot) => void) =>
    brokenHub(snapshot => {
      noRecorder(snapshot)
      change(snapshot)
    })

  it('come from the result backend without Flower', () => {
    const without = hub(snapshot => unreadable(snapshot, 'flower', away))
    expect(total('task_success_ratio', without)).toMatchObject({value: 1, source: 'results', samples: 499})
    expect(total('task_success_ratio', without)?.since).toBe('2026-11-23T08:01:00.000Z')
    for (const sample of samplesOf('task_runtime_seconds', without))
      expect(sample).toMatchObject({
        ...{value: null, samples: null, level: 'not-measured'},
        note: 'the results tell no runtimes',
      })
    // Deliveries are not told: those that finished and their retries stand for them.
    expect(total('task_retry_ratio', without)?.value).toBeCloseTo(2 / 501)
  })

  it('come from the result backend while Flower has counted nothing', () => {
    const restarted = hub(snapshot => {
      Object.assign(factsIn(snapshot, 'flower').tasks ?? {}, {byTask: []})
    })
    expect(total('task_success_ratio', restarted)?.source).toBe('results')
  })

  it('are not told by nodes, that only know what they accepted', () => {
    const neither = hub(snapshot => {
      unreadable(snapshot, 'flower', away)
      unreadable(snapshot, 'results', away)
    })
    expect(total('task_success_ratio', neither)).toMatchObject({
      value: null,
      source: 'celery',
      level: 'not-measured',
      note: expect.stringContaining('accepted'),
    })
    expect(total('task_runtime_seconds', neither)).toMatchObject({value: null, level: 'not-measured'})
    expect(samplesOf('task_failed_total', neither).map(({labels}) => labels.task)).toContain('hub.quick')
  })

  it('are null without any source', () => {
    const nobody = hub(snapshot => {
      for (const source of ['flower', 'results', 'celery'] as const) unreadable(snapshot, source, away)
    })
    for (const id of ['task_success_ratio', 'task_failure_ratio', 'task_retry_ratio', 'task_failed_total'])
      expect(samplesOf(id, nobody), id).toMatchObject([{value: null, source: null, level: 'not-measured'}])
  })

  it('count results without a name in the total alone', () => {
    const nameless = hub(snapshot => {
      unreadable(snapshot, 'flower', away)
      factsIn(snapshot, 'results').byTask = [outcome(null, {succeeded: 30, failed: 10, retried: null})]
    })
    expect(samplesOf('task_failure_ratio', nameless)).toMatchObject([
      {labels: {}, value: 0.25, samples: 40, level: 'critical'},
    ])
    expect(total('task_retry_ratio', nameless)).toMatchObject({value: null, level: 'not-measured'})
  })

  it('have no average yet, which is not the same as none to be had, before the first has succeeded', () => {
    const starting = hub(snapshot => {
      const tasks = factsIn(snapshot, 'flower').tasks
      if (tasks !== null) tasks.byTask = [outcome('hub.quick', {received: 1, runtimeSamples: 0})]
    })
    expect(total('task_runtime_seconds', starting)).toMatchObject({samples: 0, level: 'not-enough-data'})
  })

  it('name the newest exception of those that failed, whoever tells it', () => {
    const failure = (exception: string, at: string) => ({newestFailure: {exception, at, id: null}})
    const failing = hub(snapshot => {
      const tasks = factsIn(snapshot, 'flower').tasks
      if (tasks !== null)
        tasks.byTask = [
          outcome('hub.flaky', {failed: 2, ...failure('Old()', '2026-11-23T08:10:00.000Z')}),
          outcome('hub.quick', {succeeded: 5, failed: 0}),
        ]
      factsIn(snapshot, 'results').byTask = [
        outcome('hub.flaky', {failed: 1, ...failure('New()', '2026-11-23T08:20:00.000Z')}),
        outcome('hub.quick', {failed: 1, ...failure('Before()', '2026-11-23T08:00:00.000Z')}),
      ]
    })
    const notes = samplesOf('task_failed_total', failing).map(({labels, note}) => [labels.task, note])
    expect(Object.fromEntries(notes)).toEqual({
      undefined: undefined,
      'hub.flaky': 'New()',
      'hub.quick': undefined,
    })
  })

  it('are told to be a sample where not all results were read', () => {
    const note = 'at least: a sample of the results was read'
    const sampled = (complete: boolean) =>
      hub(snapshot => {
        unreadable(snapshot, 'flower', away)
        factsIn(snapshot, 'results').complete = complete
      })
    expect(samplesOf('task_failed_total', sampled(false)).map(sample => sample.note)).toEqual([
      note,
      ...samplesOf('task_failed_total', sampled(false))
        .slice(1)
        .map(() => undefined),
    ])
    expect(total('task_failed_total', sampled(true))?.note).toBeUndefined()
  })

  it('are not judged from fewer than 20', () => {
    const few = hub(snapshot => {
      const tasks = factsIn(snapshot, 'flower').tasks
      if (tasks !== null) tasks.byTask = [outcome('hub.quick', {succeeded: 1, failed: 2, received: 3})]
    })
    expect(total('task_failure_ratio', few)).toMatchObject({
      samples: 3,
      leastSamples: 20,
      level: 'not-enough-data',
    })
    expect(total('task_failed_total', few)).toMatchObject({value: 2, level: 'notice', targetMet: false})
  })
})

describe('nodes and their pools', () => {
  it('are counted by Flower where none was asked', () => {
    const passive = brokenHub(snapshot => {
      Object.assign(factsIn(snapshot, 'celery'), {probe: null, nodes: []})
    })
    expect(total('celery_nodes_online', passive)).toMatchObject({value: 1, source: 'flower'})
    expect(total('celery_pool_processes', passive)).toMatchObject({value: null, source: null})
    expect(total('celery_tasks_running', passive)).toMatchObject({value: null})
  })

  it('are 0, and critical, when all are silent', () => {
    const silent = brokenHub(snapshot => {
      factsIn(snapshot, 'celery').nodes = []
    })
    expect(total('celery_nodes_online', silent)).toMatchObject({value: 0, level: 'critical'})
    expect(total('celery_pool_processes', silent)).toMatchObject({value: 0, targetMet: false})
  })

  it('are held against what is expected of the whole, not of each', () => {
    const two = brokenHub(snapshot => {
      factsIn(snapshot, 'celery').nodes = [
        node('celery@a', {poolProcesses: 1}),
        node('celery@b', {poolProcesses: 1}),
      ]
      snapshot.expected.nodes = {value: 3, from: 'hub-mon.yml'}
    })
    expect(samplesOf('celery_pool_processes', two).map(({targetMet}) => targetMet)).toEqual([
      true,
      null,
      null,
    ])
    expect(total('celery_nodes_online', two)).toMatchObject({
      targetMet: false,
      note: '3 expected (hub-mon.yml)',
    })
  })

  it('have no total when one does not tell', () => {
    const shy = brokenHub(snapshot => {
      factsIn(snapshot, 'celery').nodes.push(node('celery@b', {poolProcesses: null}))
    })
    expect(total('celery_pool_processes', shy)).toMatchObject({value: null, level: 'not-measured'})
  })
})

describe('memory', () => {
  it("of Redis is held against its container's limit where it has none of its own", () => {
    const unlimited = brokenHub(snapshot => {
      factsIn(snapshot, 'redis').memory.maxBytes = null
      inContainer(snapshot, 'redis', {limits: {cpus: null, memoryBytes: 6_200_000}})
    })
    expect(total('redis_memory_ratio', unlimited)).toMatchObject({
      value: 0.5,
      note: expect.stringContaining('limit'),
    })
  })

  it('of a container says of what it is a share', () => {
    const free = brokenHub(snapshot => {
      Object.assign(factsIn(snapshot, 'stats').containers[1] ?? {}, {memoryOf: 'host', memoryRatio: 0.01})
    })
    expect(samplesOf('container_memory_ratio', free)[1]?.note).toContain('host')
  })
})

describe('redis_up', () => {
  it('is 0 where Redis lets nobody in, and says why', () => {
    const down = brokenHub(snapshot =>
      unreadable(snapshot, 'redis', {code: 'refused', message: 'nothing listens'}),
    )
    expect(total('redis_up', down)).toMatchObject({value: 0, level: 'critical', note: 'nothing listens'})
  })

  it('is not measured where the way to it was not found, or nobody asked', () => {
    const lost = brokenHub(snapshot => {
      unreadable(snapshot, 'docker', away)
      unreadable(snapshot, 'redis', {...away, because: 'docker'})
    })
    expect(total('redis_up', lost)).toMatchObject({value: null, level: 'not-measured'})
    const unasked = brokenHub(snapshot => {
      delete snapshot.sources.redis
    })
    expect(total('redis_up', unasked)).toMatchObject({value: null, level: 'not-measured'})
  })
})
