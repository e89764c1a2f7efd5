import {describe, expect, test} from 'vitest'
import type {Sample} from '../../../src/metrics/metric.ts'
import {statsVerdict} from '../../../src/report/stats-verdict.ts'
import {sample} from '../../golden/reports.ts'

const depth = (queue: string, value: number | null, more: Partial<Sample> = {}) =>
  sample('queue_messages', 'Queue depth', value, value === null ? 'not-measured' : 'ok', {
    labels: {queue},
    target: {below: 10},
    alerts: {notice: null, warning: {above: 10}, critical: null},
    ...more,
  })

describe('statsVerdict', () => {
  test.each<[string, Sample[], string]>([
    ['all within', [depth('a', 1, {targetMet: true})], 'ok'],
    ['a missed target', [depth('a', 10, {targetMet: false})], 'warning'],
    ['a warning', [depth('a', 11, {level: 'warning', targetMet: false})], 'warning'],
    ['a critical one beside others', [depth('a', 1), depth('b', 99, {level: 'critical'})], 'critical'],
    ['one measured, one not', [depth('a', 1), depth('b', null)], 'ok'],
    ['none measured', [depth('a', null)], 'unknown'],
    ['none at all', [], 'unknown'],
    ['a notice', [depth('a', 1, {level: 'notice'})], 'ok'],
  ])('%s: %#', (_name, samples, verdict) => {
    expect(statsVerdict(samples, [])).toBe(verdict)
  })

  test('cannot tell without the broker, whatever else is well', () => {
    const unread = (source: 'redis' | 'flower', partial = false) => [
      {source, partial, code: 'x', message: 'x'},
    ]
    const well = [depth('a', 1)]
    expect(statsVerdict(well, unread('redis'))).toBe('unknown')
    expect(statsVerdict(well, unread('redis', true))).toBe('ok')
    expect(statsVerdict(well, unread('flower'))).toBe('ok')
    expect(statsVerdict([depth('a', 99, {level: 'critical'})], unread('redis'))).toBe('critical')
  })
})
