import {describe, expect, test} from 'vitest'
import type {Sample} from '../../../../src/metrics/metric.ts'
import {renderStats} from '../../../../src/render/stats/tables.ts'
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

const terminal = (columns: number): View => ({...piped, fit: true, columns})
const rate = (
  task: string | null,
  value: number | null,
  samples: number | null,
  more: Partial<Sample> = {},
) =>
  sample('task_success_ratio', 'Success rate', value, value === null ? 'not-measured' : 'ok', {
    labels: task === null ? {} : {task},
    ...{unit: 'ratio', source: 'results', since: '2026-11-23T07:29:05.000Z', samples},
    ...{target: {above: 0.95}, targetMet: value === null ? null : value > 0.95, leastSamples: 20},
    ...more,
  })
const failed = (task: string, value: number, note?: string) =>
  sample('task_failed_total', 'Failed tasks', value, value > 0 ? 'notice' : 'ok', {
    ...{labels: {task}, source: 'results', since: '2026-11-23T07:29:05.000Z', samples: 100},
    ...{
      target: {below: 1},
      targetMet: value < 1,
      alerts: {notice: {above: 0}, warning: null, critical: null},
    },
    ...(note === undefined ? {} : {note}),
  })
const few = {level: 'not-enough-data', targetMet: null} as const

/** The rows of a section, as words two or more spaces apart, its title and what stands under it left out. */
function rowsOf(text: string, head: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`${head} `))
  const end = lines.indexOf('', start)
  return lines.slice(start, end).map(line => line.split(/ {2,}/))
}

describe('piped', () => {
  test('a row a thing with all its columns, two or more spaces apart', async () => {
    const text = await renderStats(troubled, piped, {by: 'queue'})
    expect(rowsOf(text, 'queue')).toEqual([
      ['queue', 'depth', 'verdict'],
      ['emails', '! 1,204', '! warning'],
      ['reports', '! 10', '! off target'],
      ['celery', '4', '✓ ok'],
    ])
    expect(text).toContain('Per queue  Celery, now\ntarget: depth < 10; alert: depth > 10 warning\n')
  })

  test('nothing shifts where a row has no figure', async () => {
    const text = await renderStats(
      report([], [rate('a', 0.9, 100), rate('b', 1, 90), failed('a', 10, 'Boom()')]),
      piped,
    )
    expect(rowsOf(text, 'task')).toEqual([
      ['task', 'finished', 'success', 'failed', 'verdict', 'newest exception'],
      ['a', '100', '! 90 %', '! 10', '! off target', 'Boom()'],
      ['b', '90', '100 %', '-', '✓ ok', '-'],
    ])
  })

  test('what is not measured says why, and is never 0', async () => {
    const note = 'the broker could not be read'
    const some = await renderStats(report([], [depth('a', null, {note}), depth('b', 2)]), piped)
    expect(rowsOf(some, 'queue')).toEqual([
      ['queue', 'depth', 'verdict', 'notes'],
      ['b', '2', '✓ ok', '-'],
      ['a', '–', '– not measured', `depth: ${note}`],
    ])
    const none = await renderStats(report([], [depth('a', null, {note})]), piped)
    expect(none).toContain(`depth not measured: ${note}\n`)
    expect(none).toMatch(/nothing could be measured\. Next: hub-mon doctor\n$/)
  })

  test('in total, figures say what they rest on and why they are missing', async () => {
    const text = await renderStats(
      report(
        [],
        [
          rate(null, 0.97, 1204),
          rate(null, 0.5, 3, {...few, metric: 'task_retry_ratio', title: 'Retry rate'}),
          rate(null, null, null, {title: 'Average duration', note: 'the results tell no runtimes'}),
          sample('celery_tasks_running', 'Tasks running', 1, 'ok'),
        ],
      ),
      piped,
    )
    expect(text).toContain('In total  tasks: result backend, last 3 h 2 min; the rest: now\n')
    expect(rowsOf(text, 'metric')).toEqual([
      ['metric', 'value', 'target', 'alert', 'verdict', 'from'],
      ['Success rate', '97 %', '> 95 %', '-', '✓ ok', 'of 1,204'],
      ['Retry rate', '~ 50 %', '> 95 %', '-', '– too few', '3 of 20'],
      ['Average duration', '–', '> 95 %', '-', '– not measured', 'the results tell no runtimes'],
      ['Tasks running', '1', '-', '-', '-', 'Celery'],
    ])
  })
})

describe('rows', () => {
  test('the worst comes first, then the busiest; too few to judge is no trouble', async () => {
    const text = await renderStats(
      report(
        [],
        [
          rate('idle', 1, 30),
          rate('busy', 1, 5000),
          rate('rare', 0, 3, few),
          rate('off', 0.9, 40),
          rate('bad', 0.1, 25, {level: 'critical'}),
        ],
      ),
      piped,
    )
    const rows = rowsOf(text, 'task').slice(1)
    expect(rows.map(([name]) => name)).toEqual(['bad', 'off', 'busy', 'idle', 'rare'])
    expect(rows.at(-1)).toEqual(['rare', '3', '~ 0 %', '– too few'])
    expect(text).toContain('~ rests on fewer than 20: not judged\n')
  })

  test('bounds that the configuration sets for one are told apart', async () => {
    const text = await renderStats(
      report([], [depth('a', 1), depth('b', 2), depth('c', 3, {target: {below: 50}, alerts: above(90)})]),
      piped,
    )
    expect(text).toContain(
      'target: depth < 10; alert: depth > 10 warning\nc: target: depth < 50; alert: depth > 90 warning\n',
    )
  })

  test('a figure without any bound has no verdict', async () => {
    const text = await renderStats(troubled, piped, {by: 'worker'})
    expect(rowsOf(text, 'node')).toEqual([
      ['node', 'pool processes'],
      ['celery@hub-celery-worker', '2'],
    ])
  })

  test('a terminal shows twenty and says where the rest is, a pipe all', async () => {
    const many = report(
      [],
      Array.from({length: 234}, (_, number) =>
        rate(`task-${number}`, number === 200 ? 0.5 : 1, 1000 - number),
      ),
    )
    const target = {...many.target, flags: ['--project-name', 'my hub']}
    const fitted = await renderStats({...many, target}, terminal(80))
    const rows = rowsOf(fitted, 'task').slice(1)
    expect(rows).toHaveLength(21)
    expect(rows.slice(0, 2).map(([name]) => name)).toEqual(['task-200', 'task-0'])
    expect(fitted).toContain("\n… and 214 more: hub-mon stats --by task --json --project-name 'my hub'\n")
    expect(fitted).toMatch(/off target\. Next: hub-mon doctor --project-name 'my hub'\n$/)
    expect(rowsOf(await renderStats(many, piped), 'task')).toHaveLength(235)
  })
})

describe('on a terminal', () => {
  const tasks = report(
    [],
    [
      rate('shop.orders.tasks.send_confirmation', 0.9, 1000),
      failed('shop.orders.tasks.send_confirmation', 100, "SMTPServerDisconnected('closed')"),
    ],
  )

  test.each([
    [120, ['task', 'finished', 'success', 'failed', 'verdict', 'newest exception']],
    [80, ['task', 'finished', 'success', 'failed', 'verdict']],
    [60, ['task', 'finished', 'success', 'failed', 'verdict']],
    [40, ['task', 'verdict']],
  ])('of %d columns, the least telling go first', async (columns, head) => {
    const [first, row] = rowsOf(await renderStats(tasks, terminal(columns)), 'task')
    expect(first).toEqual(head)
    expect(row).toContain('! off target')
  })

  test('a bar is full at the bound that raises the alert', async () => {
    const depths = [depth('none', 0), depth('half', 5), depth('full', 10)]
    const text = await renderStats(
      report([], [...depths, depth('over', 1000, {level: 'warning'})]),
      terminal(120),
    )
    const bars = Object.fromEntries(
      [...text.matchAll(/^(\w+) +(?:! )?[\d,]+ {2}([█░]+)/gm)].map(match => [match[1], match[2]]),
    )
    expect(bars).toEqual({none: '░░░░░░░░', half: '████░░░░', full: '████████', over: '████████'})
  })
})
