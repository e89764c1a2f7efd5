import {describe, expect, it} from 'vitest'
import {evaluate} from '../../../src/metrics/evaluate.ts'
import {metrics, metricsOf} from '../../../src/metrics/registry.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {healthy} from '../../fixtures/healthy.ts'
import {durations, figures, from, history, recorded, taskHistory} from '../../fixtures/history.ts'

const samplesOf = (id: string, snapshot: Snapshot) =>
  metrics.filter(metric => metric.id === id).flatMap(metric => evaluate(metric, snapshot))

describe('figures of a window', () => {
  it.each([
    ['task_success_ratio', 978 / 987, 987],
    ['task_failure_ratio', 9 / 987, 987],
    ['task_retry_ratio', 3 / 990, 990],
    ['task_runtime_seconds', (891 * 0.05 + 87 * 8) / 978, 978],
    ['task_runtime_p95_seconds', 1.52, 978],
    ['task_wait_seconds', 0.2, 990],
    ['task_wait_p95_seconds', 0.4, 990],
    ['task_failed_total', 9, 987],
  ])('%s is %d', (id, value, samples) => {
    const [total, ...tasks] = samplesOf(id, recorded())
    expect(total?.value).toBeCloseTo(value)
    expect(total).toMatchObject({labels: {}, source: 'history', since: from, samples})
    expect(tasks.map(({labels}) => labels.task)).toEqual(['hub.quick', 'hub.slow'])
  })

  it('win over what counts since its own start, also when nothing happened', () => {
    const quiet = history({total: taskHistory(null), tasks: []})
    const both = {...healthy(), sources: {...healthy().sources, ...recorded(quiet).sources}}
    expect(samplesOf('task_success_ratio', both)).toMatchObject([
      {source: 'history', value: null, samples: 0, level: 'not-enough-data'},
    ])
  })

  it('are marked where the window was not seen whole', () => {
    const coverage = {seconds: 900, missingSeconds: 40, missedEvents: 3, complete: false}
    for (const id of ['task_success_ratio', 'task_runtime_p95_seconds'])
      for (const sample of samplesOf(id, recorded({coverage}))) expect(sample.incomplete).toBe(true)
    for (const sample of samplesOf('task_success_ratio', recorded()))
      expect(sample.incomplete).toBeUndefined()
  })

  it('hold the newest exception up to the end of the window', () => {
    const failures = [{...history().failures[0], exception: 'Later()', at: '2026-11-23T09:10:00.000Z'}]
    const notes = samplesOf(
      'task_failed_total',
      recorded({failures: [...failures, ...history().failures] as never}),
    )
    expect(notes.map(({note}) => note)).toEqual([undefined, "ValueError('boom')", undefined])
  })

  it('do not tell how long tasks wait where nobody says when they are sent', () => {
    const none = {count: 0, average: null, p50: null, p95: null, p99: null}
    const total = taskHistory(null, figures({succeeded: 30, runtime: durations(30, 1), wait: none}))
    for (const id of ['task_wait_seconds', 'task_wait_p95_seconds'])
      expect(samplesOf(id, recorded({total, tasks: []}))).toMatchObject([
        {value: null, level: 'not-measured', note: expect.stringContaining('task_send_sent_event')},
      ])
  })

  it('are measured alone for a window; without one no figure needs a recorder', () => {
    expect(metricsOf(recorded()).every(({id}) => id.startsWith('task_'))).toBe(true)
    expect(metricsOf(healthy())).toEqual(metrics)
    expect(metricsOf(healthy()).flatMap(metric => evaluate(metric, healthy()))).not.toContainEqual(
      expect.objectContaining({metric: 'task_wait_seconds'}),
    )
  })

  it('are held against the bounds of the configuration', () => {
    const snapshot = recorded()
    snapshot.expected.bounds.push({
      ...{metric: 'task_runtime_p95_seconds', labels: {task: 'hub.slow'}, critical: {above: 10}},
    })
    expect(samplesOf('task_runtime_p95_seconds', snapshot).map(({level}) => level)).toEqual([
      'ok',
      'ok',
      'critical',
    ])
  })
})
