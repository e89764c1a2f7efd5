import {describe, expect, it} from 'vitest'
import {checks} from '../../../../src/checks/registry.ts'
import {report} from '../../../../src/cli/examine.ts'
import {lookFamilies} from '../../../../src/render/openmetrics/look-families.ts'
import {exposition} from '../../../../src/render/openmetrics/text.ts'
import type {Snapshot} from '../../../../src/snapshot/snapshot.ts'
import {healthy} from '../../../fixtures/healthy.ts'
import {parseExposition} from '../../../services/exposition.ts'

function told(change: (snapshot: Snapshot) => void = () => {}) {
  const snapshot = healthy()
  change(snapshot)
  const running = checks.filter(({phase}) => phase !== 'pre')
  const readAt = new Map([['redis', 1764100000.5] as const, ['flower', null] as const])
  const look = {report: report(snapshot, running), readAt, seconds: 0.25, version: '1.2.3'}
  const {samples} = parseExposition(exposition(lookFamilies(look)))
  return (name: string) =>
    samples.filter(one => one.name === `hub_mon_${name}`).map(({labels, value}) => ({labels, value}))
}

describe('a look, told to Prometheus', () => {
  it('has what each source, check and metric of the moment says', () => {
    const of = told()
    expect(of('build_info')).toEqual([{labels: {version: '1.2.3'}, value: 1}])
    expect(of('up')).toEqual([
      {labels: {source: 'redis'}, value: 1},
      {labels: {source: 'flower'}, value: 0},
    ])
    expect(of('read_timestamp_seconds')).toEqual([{labels: {source: 'redis'}, value: 1764100000.5}])
    expect(of('verdict')).toEqual([{labels: {}, value: 0}])
    expect(of('check_status')).toContainEqual({
      labels: {check: 'redis.reachable', category: 'redis'},
      value: 0,
    })
    expect(of('queue_messages')).toContainEqual({labels: {queue: 'celery'}, value: expect.any(Number)})
    expect(of('look_duration_seconds')).toEqual([{labels: {}, value: 0.25}])
  })

  it('leaves a total to whoever adds up, unless there is nothing to add', () => {
    expect(told()('celery_pool_processes').every(({labels}) => labels.node !== undefined)).toBe(true)
    const none = told(({sources}) => {
      if (sources.celery?.status === 'fresh') sources.celery.value.nodes = []
    })
    expect(none('celery_pool_processes')).toEqual([{labels: {}, value: 0}])
  })

  it('says nothing of what was not measured, and nothing of tasks', () => {
    const of = told(({sources}) => {
      delete sources.celery
    })
    expect(of('queue_messages')).toEqual([])
    expect(of('task_failure_ratio')).toEqual([])
    expect(of('task_runtime_seconds')).toEqual([])
  })

  it('names the hundred longest queues, and adds the rest up', () => {
    const of = told(({sources}) => {
      if (sources.celery?.status !== 'fresh') throw new Error('no facts')
      const {queues} = sources.celery.value
      const [queue] = queues
      if (queue === undefined) throw new Error('no queue')
      sources.celery.value.queues = Array.from({length: 150}, (_, ready) => ({
        ...queue,
        name: `q${ready}`,
        ready,
      }))
    })
    const depths = of('queue_messages')
    expect(depths).toHaveLength(101)
    expect(depths[0]).toEqual({labels: {queue: 'q149'}, value: 149})
    expect(depths.at(-1)).toEqual({labels: {queue: '(other)'}, value: (49 * 50) / 2})
  })
})
