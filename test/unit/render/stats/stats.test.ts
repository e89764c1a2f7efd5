import {describe, expect, test} from 'vitest'
import type {Sample} from '../../../../src/metrics/metric.ts'
import {renderStats} from '../../../../src/render/stats/tables.ts'
import {statsVerdict} from '../../../../src/render/stats/verdict.ts'
import type {View} from '../../../../src/render/view.ts'
import {report, sample, troubled} from '../../../golden/reports.ts'

const piped: View = {columns: 100, color: false, unicode: true, fit: false, verbosity: 'normal'}
const above = (bound: number) => ({notice: null, warning: {above: bound}, critical: null})
const depth = (queue: string, value: number | null, more: Partial<Sample> = {}) =>
  sample('queue_messages', 'Queue depth', value, value === null ? 'not-measured' : 'ok', {
    labels: {queue},
    target: {below: 10},
    alerts: above(10),
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
    expect(statsVerdict(samples)).toBe(verdict)
  })
})

describe('piped', () => {
  test('every row has all its columns, two or more spaces apart', async () => {
    const lines = (await renderStats(troubled, piped, {by: 'queue'})).split('\n')
    const start = lines.findIndex(line => line.startsWith('queue '))
    const rows = lines.slice(start, start + 4).map(line => line.split(/ {2,}/))
    expect(rows).toEqual([
      ['queue', 'metric', 'value', 'target', 'alert', 'verdict', 'from'],
      ['emails', 'Queue depth', '1,204', '< 10', 'warning > 10', '! warning', 'Celery, now'],
      ['reports', 'Queue depth', '10', '< 10', 'warning > 10', '! off target', 'Celery, now'],
      ['celery', 'Queue depth', '4', '< 10', 'warning > 10', '✓ ok', 'Celery, now'],
    ])
  })

  test('what is not measured says why, and is never 0', async () => {
    const text = await renderStats(
      report([], [depth('a', null, {note: 'the broker could not be read'})]),
      piped,
    )
    expect(text).toMatch(
      /^a +Queue depth +– +< 10 +warning > 10 +– not measured {2}the broker could not be read$/m,
    )
    expect(text).toMatch(/nothing could be measured\. Next: hub-mon doctor\n$/)
  })
})

test('the window of a figure is told, and how many it rests on', async () => {
  const rate = (samples: number, more: Partial<Sample> = {}) =>
    sample('task_success_ratio', 'Success rate', 0.97, 'ok', {
      unit: 'ratio',
      source: 'results',
      since: '2026-11-23T07:29:05.000Z',
      samples,
      target: {above: 0.95},
      ...more,
    })
  const text = await renderStats(
    report([], [rate(1204), rate(3, {level: 'not-enough-data', leastSamples: 20})]),
    piped,
  )
  expect(text).toContain('✓ ok       result backend, 1,204 in 3 h 2 min\n')
  expect(text).toContain('– too few  result backend, 3, 20 needed in 3 h 2 min\n')
})

test('a bar is full at the bound that raises the alert', async () => {
  const view: View = {...piped, fit: true, columns: 120}
  const text = await renderStats(
    report(
      [],
      [depth('none', 0), depth('half', 5), depth('full', 10), depth('over', 1000, {level: 'warning'})],
    ),
    view,
  )
  const bars = Object.fromEntries(
    [...text.matchAll(/^(\w+) +[\d,]+ {2}([█░]+)/gm)].map(match => [match[1], match[2]]),
  )
  expect(bars).toEqual({none: '░░░░░░░░', half: '████░░░░', full: '████████', over: '████████'})
})
