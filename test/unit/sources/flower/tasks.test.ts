import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {parsePrometheus} from '../../../../src/sources/flower/prometheus.ts'
import {addFailures, tasksFrom} from '../../../../src/sources/flower/tasks.ts'

const recorded: string = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../recordings/flower-2.1.0/open.metrics.json'), 'utf8'),
).response.body

describe('the metrics of a real Flower', () => {
  it('are counted by task, since Flower started', () => {
    const tasks = tasksFrom(recorded)
    expect(tasks?.since).toBe('2026-11-22T11:15:34.200Z')
    expect(
      tasks?.byTask.map(each => [each.task, each.succeeded, each.failed, each.retried, each.received]),
    ).toEqual([
      ['app.celery_app.add', 60, 0, 0, 60],
      ['app.celery_app.boom', 0, 10, 0, 10],
      ['app.celery_app.flaky', 20, 0, 9, 29],
      ['app.celery_app.sleepy', 3, 0, 0, 3],
    ])
    const sleepy = tasks?.byTask.find(each => each.task === 'app.celery_app.sleepy')
    expect(sleepy?.runtimeSamples).toBe(3)
    expect(sleepy?.runtimeSecondsSum).toBeCloseTo(3.0124, 4)
  })

  it('do not take who sent a task for a node', () => {
    expect(tasksFrom(recorded)?.eventsByNode).toEqual({'w1@vm': 60 * 3 + 10 * 3 + 29 * 2 + 20 + 9 + 3 * 3})
  })

  it('tell of a node that is online and silent', () => {
    const text = '# HELP flower_worker_online x\nflower_worker_online{worker="a@b"} 1.0\n'
    expect(tasksFrom(text)?.eventsByNode).toEqual({'a@b': 0})
  })
})

describe('parsePrometheus', () => {
  const wanted = new Set(['m'])

  it('gives back every label value it is told, escapes and all', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), fc.double({noNaN: true}), (label, value) => {
        const escaped = label.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
        const number = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
        expect(parsePrometheus(`m{a="${escaped}",b="x"} ${number}`, wanted)).toEqual([
          {name: 'm', labels: {a: label, b: 'x'}, value: Object.is(value, -0) ? 0 : value},
        ])
      }),
    )
  })

  it('takes any text without failing', () => {
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void parsePrometheus(`m${text}`, wanted)))
  })
})

it('what is not Flower’s has no tasks', () => {
  expect(tasksFrom('# HELP go_goroutines x\ngo_goroutines 5\n')).toBeNull()
})

it('the newest failure wins, and keeps neither arguments nor traceback', () => {
  const tasks = tasksFrom(recorded)?.byTask ?? []
  const task = {name: 'app.celery_app.boom', state: 'FAILURE', args: '(SECRET,)', traceback: 'SECRET'}
  addFailures(
    tasks,
    JSON.stringify({
      new: {...task, failed: 1795346140, exception: `ValueError('${'x'.repeat(500)}')`},
      old: {...task, failed: 1795346130, exception: 'KeyError(1)'},
    }),
  )
  const boom = tasks.find(each => each.task === 'app.celery_app.boom')
  expect(boom?.newestFailure?.id).toBe('new')
  expect(boom?.newestFailure?.at).toBe('2026-11-22T11:15:40.000Z')
  expect(boom?.newestFailure?.exception.length).toBe(200)
  expect(JSON.stringify(tasks)).not.toContain('SECRET')
})
