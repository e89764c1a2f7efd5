import {describe, expect, it} from 'vitest'
import {alertRows, type Labels, rowsFor} from '../../../src/alerts/rows.ts'
import type {Metric} from '../../../src/metrics/metric.ts'
import {metrics} from '../../../src/metrics/registry.ts'
import type {BoundOverride} from '../../../src/snapshot/snapshot.ts'

const expecting = (...bounds: BoundOverride[]) => ({expected: {poolProcesses: null, nodes: null, bounds}})
const idsOf = (...bounds: BoundOverride[]) => alertRows(expecting(...bounds)).map(({id}) => id)
const depthRows = (...bounds: BoundOverride[]) =>
  alertRows(expecting(...bounds)).filter(({metric}) => metric === 'queue_messages')
const only = (labels: Labels, more: Partial<BoundOverride>) =>
  ({metric: 'queue_messages', labels, ...more}) as BoundOverride

describe("the seed's alerts", () => {
  it.each([
    ['celery_nodes_online.critical', {below: 1}, null],
    ['redis_up.critical', {below: 1}, null],
    ['task_failure_ratio.critical', {above: 0.1}, 900],
    ['queue_messages.warning', {above: 10}, null],
    ['task_runtime_seconds.warning', {above: 1800}, 3600],
    ['container_cpu_ratio.warning', {above: 0.8}, null],
    ['container_memory_ratio.warning', {above: 0.8}, null],
  ])('%s beyond %j', (id, bound, windowSeconds) => {
    const row = alertRows(expecting()).find(candidate => candidate.id === id)
    expect(row).toMatchObject({bound, windowSeconds, labels: {}, except: []})
    expect(row?.forSeconds).toBeGreaterThanOrEqual(30)
  })

  it('are beside them: failures earlier, storms of retries, tasks that hang, and the memory of Redis', () => {
    expect(idsOf()).toEqual([
      'task_failure_ratio.critical',
      'task_failure_ratio.warning',
      'task_retry_ratio.warning',
      'task_runtime_seconds.warning',
      'queue_messages.warning',
      'celery_nodes_online.critical',
      'celery_task_running_seconds.warning',
      'container_cpu_ratio.warning',
      'container_memory_ratio.warning',
      'redis_up.critical',
      'redis_memory_ratio.critical',
      'redis_memory_ratio.warning',
    ])
  })

  it('have a name each metric, as Alertmanager has it', () => {
    const names = new Map(alertRows(expecting()).map(({metric, name}) => [metric, name]))
    expect(names.get('task_failure_ratio')).toBe('TaskFailureRatio')
    expect(new Set(names.values()).size).toBe(names.size)
  })
})

describe('the configuration', () => {
  it('changes a row where it changes the bound, and takes one away', () => {
    const [row] = depthRows({metric: 'queue_messages', warning: {above: 50}, forSeconds: 20})
    expect(row).toMatchObject({bound: {above: 50}, forSeconds: 20})
    expect(depthRows({metric: 'queue_messages', warning: null})).toEqual([])
  })

  it('makes a row of a notice or of a metric that has none only where it says so', () => {
    expect(idsOf({metric: 'task_failed_total', critical: {above: 100}})).toContain(
      'task_failed_total.critical',
    )
    expect(idsOf({metric: 'task_failed_total', notice: {above: 100}})).toEqual(idsOf())
  })

  it('gives some rows of their own, and the row for all leaves them out', () => {
    const reports = only({queue: 'reports'}, {warning: {above: 500}, critical: {above: 900}, forSeconds: 0})
    const quiet = only({queue: 'quiet'}, {warning: null})
    const all = {metric: 'queue_messages', forSeconds: 20}
    expect(depthRows(reports, quiet, all)).toMatchObject([
      {id: 'queue_messages.warning', forSeconds: 20, except: [{queue: 'reports'}, {queue: 'quiet'}]},
      {
        ...{id: 'queue_messages.critical{queue="reports"}', labels: {queue: 'reports'}},
        ...{bound: {above: 900}, forSeconds: 0, except: []},
      },
      {id: 'queue_messages.warning{queue="reports"}', bound: {above: 500}},
    ])
  })

  it('names labels that are said twice once', () => {
    const [row] = depthRows(only({queue: 'a'}, {forSeconds: 1}), only({queue: 'a'}, {warning: {above: 5}}))
    expect(row?.except).toEqual([{queue: 'a'}])
    expect(depthRows(only({queue: 'a'}, {forSeconds: 1})).at(-1)).toMatchObject({
      forSeconds: 1,
      bound: {above: 10},
    })
  })

  it('gives a window to tasks alone: a depth is of the moment', () => {
    expect(depthRows({metric: 'queue_messages', windowSeconds: 60})[0]?.windowSeconds).toBeNull()
  })
})

describe('the rows of one sample', () => {
  const depth = metrics.find(({id}) => id === 'queue_messages') as Metric

  it('have its labels, and a name that no label can forge', () => {
    expect(rowsFor(depth, {queue: 'a"}'}, expecting())).toMatchObject([
      {id: 'queue_messages.warning{queue="a\\"}"}', labels: {queue: 'a"}'}},
    ])
  })

  it('are those of its queue', () => {
    const override = only({queue: 'a'}, {critical: {above: 1}})
    const severities = (queue: string) =>
      rowsFor(depth, {queue}, expecting(override)).map(({severity}) => severity)
    expect(severities('a')).toEqual(['critical', 'warning'])
    expect(severities('b')).toEqual(['warning'])
  })
})
