import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {Family} from '../../../../src/render/openmetrics/family.ts'
import {exposition} from '../../../../src/render/openmetrics/text.ts'
import {parsePrometheus} from '../../../../src/sources/flower/prometheus.ts'
import {parseExposition} from '../../../services/exposition.ts'

const gauge = (labels: Record<string, string>, value = 1): Family => ({
  ...{name: 'hub_mon_queue_messages', type: 'gauge', help: 'Ready "messages".\nOf a \\queue.'},
  points: [{labels, value}],
})

describe('an exposition', () => {
  it('gives every label value and number back', () => {
    const value = fc.double({noNaN: true, noDefaultInfinity: true, min: 0})
    fc.assert(
      fc.property(fc.string({unit: 'binary', minLength: 1}), value, (queue, number) => {
        const {samples} = parseExposition(exposition([gauge({queue}, number)]))
        expect(samples).toEqual([{name: 'hub_mon_queue_messages', labels: {queue}, value: number, at: null}])
        const old = exposition([gauge({queue}, number)], 'text')
        if (!queue.includes('\r'))
          expect(parsePrometheus(old, new Set(['hub_mon_queue_messages']))).toEqual([
            {name: 'hub_mon_queue_messages', labels: {queue}, value: number},
          ])
      }),
    )
  })

  it('has types, units and suffixes as each dialect wants them', () => {
    const families: Family[] = [
      {name: 'hub_mon_build', type: 'info', help: 'h', points: [{labels: {version: '1'}}]},
      gauge({queue: 'celery'}),
      {
        ...{name: 'hub_mon_task_failed', type: 'counter', help: 'h'},
        points: [{labels: {task: 'a', queue: ''}, value: 2, created: 5.5}],
      },
      {
        ...{name: 'hub_mon_task_runtime_seconds', type: 'histogram', help: 'h'},
        points: [{labels: {task: 'a'}, upTo: [{le: 0.5, count: 1}], count: 2, sum: 3.5, created: 5.5}],
      },
      {name: 'hub_mon_nothing', type: 'gauge', help: 'h', points: []},
    ]
    expect(exposition(families)).toMatchInlineSnapshot(`
      "# TYPE hub_mon_build info
      # HELP hub_mon_build h
      hub_mon_build_info{version="1"} 1
      # TYPE hub_mon_queue_messages gauge
      # HELP hub_mon_queue_messages Ready \\"messages\\".\\nOf a \\\\queue.
      hub_mon_queue_messages{queue="celery"} 1
      # TYPE hub_mon_task_failed counter
      # HELP hub_mon_task_failed h
      hub_mon_task_failed_total{task="a"} 2
      hub_mon_task_failed_created{task="a"} 5.5
      # TYPE hub_mon_task_runtime_seconds histogram
      # UNIT hub_mon_task_runtime_seconds seconds
      # HELP hub_mon_task_runtime_seconds h
      hub_mon_task_runtime_seconds_bucket{task="a",le="0.5"} 1
      hub_mon_task_runtime_seconds_bucket{task="a",le="+Inf"} 2
      hub_mon_task_runtime_seconds_count{task="a"} 2
      hub_mon_task_runtime_seconds_sum{task="a"} 3.5
      hub_mon_task_runtime_seconds_created{task="a"} 5.5
      # EOF
      "
    `)
    expect(exposition(families, 'text')).toMatchInlineSnapshot(`
      "# HELP hub_mon_build_info h
      # TYPE hub_mon_build_info gauge
      hub_mon_build_info{version="1"} 1
      # HELP hub_mon_queue_messages Ready "messages".\\nOf a \\\\queue.
      # TYPE hub_mon_queue_messages gauge
      hub_mon_queue_messages{queue="celery"} 1
      # HELP hub_mon_task_failed_total h
      # TYPE hub_mon_task_failed_total counter
      hub_mon_task_failed_total{task="a"} 2
      # HELP hub_mon_task_runtime_seconds h
      # TYPE hub_mon_task_runtime_seconds histogram
      hub_mon_task_runtime_seconds_bucket{task="a",le="0.5"} 1
      hub_mon_task_runtime_seconds_bucket{task="a",le="+Inf"} 2
      hub_mon_task_runtime_seconds_count{task="a"} 2
      hub_mon_task_runtime_seconds_sum{task="a"} 3.5
      "
    `)
  })

  it('tells one of two that have the same labels, and makes half a surrogate pair a character', () => {
    const family: Family = {
      ...{name: 'hub_mon_queue_messages', type: 'gauge', help: 'h'},
      points: [
        {labels: {queue: 'a\ud800'}, value: 1},
        {labels: {queue: 'a\ud801'}, value: 2},
      ],
    }
    const {samples} = parseExposition(exposition([family]))
    expect(samples).toEqual([
      {name: 'hub_mon_queue_messages', labels: {queue: 'a\ufffd'}, value: 1, at: null},
    ])
  })
})
