import {describe, expect, it} from 'vitest'
import {tasksJson} from '../../../../src/render/tasks/json.ts'
import {notesOf, renderTasks} from '../../../../src/render/tasks/list.ts'
import {isClean} from '../../../../src/render/text/clean.ts'
import {width} from '../../../../src/render/text/width.ts'
import type {View} from '../../../../src/render/view.ts'
import type {TaskList, TaskRow} from '../../../../src/report/tasks.ts'
import {healthy, takenAt} from '../../../fixtures/healthy.ts'

const piped: View = {columns: 100, color: false, unicode: true, fit: false, verbosity: 'normal'}
const terminal = (columns: number): View => ({...piped, fit: true, columns})
const row = (id: string, more: Partial<TaskRow> = {}): TaskRow => ({
  ...{id, task: 'app.tasks.slow', state: 'running', node: 'celery@one', queue: 'celery', ageSeconds: 75},
  ...{at: null, eta: null, runtimeSeconds: null, exception: null},
  ...more,
})
const count = (total: number | null, places: string[] = []) => ({total, places, nextEta: null})
const list = (tasks: TaskRow[], more: Partial<TaskList> = {}): TaskList => ({
  states: [{state: 'running', seen: tasks.length}],
  tasks,
  matched: tasks.length,
  ageUnknown: 0,
  live: {
    running: count(tasks.length, ['celery@one']),
    reserved: count(12, ['celery@one', 'celery@two', 'celery@three', 'celery@four']),
    scheduled: {...count(1, ['celery@one']), nextEta: '2026-11-23T09:05:00+00:00'},
    waiting: count(0),
  },
  finished: null,
  nameless: 0,
  ...more,
})
const render = (tasks: TaskList, view: View, rest = false) =>
  renderTasks(tasks, {target: healthy().target, takenAt}, view, {rest})
const id = '4dd0a18e-e278-4405-9453-207c0ef4afa4'

describe('the list', () => {
  it('has every column when piped, and says what else there is', async () => {
    expect(
      await render(list([row(id)]), piped, true),
    ).toBe(`Project hub, /srv/hub/docker-compose.monitoring.yml, 2026-11-23 09:00:00 UTC

1 running task
id                                    task            state    node        queue     age  ETA  runtime  exception
${id}  app.tasks.slow  running  celery@one  celery  1 min  -          -  -

reserved   12 on celery@one, celery@two, celery@three and 1 more
           hub-mon tasks --reserved
scheduled  1 on celery@one, next in 5 min
           hub-mon tasks --scheduled
waiting    0
`)
  })

  it('leaves out empty columns on a terminal, and never gets wider than it', async () => {
    const wide = await render(list([row(id)]), terminal(120))
    expect(wide).toMatch(/^id +task +node +queue +age$/m)
    expect(wide).not.toContain('exception')
    const failed = row(id, {state: 'failed', exception: 'ValueError: '.padEnd(200, 'x'), runtimeSeconds: 1})
    for (const columns of [40, 60, 80, 120, 200])
      for (const line of (
        await render(
          list([failed, row('b')], {
            states: [
              {state: 'running', seen: 1},
              {state: 'failed', seen: 1},
            ],
          }),
          terminal(columns),
        )
      ).split('\n'))
        expect(width(line)).toBeLessThanOrEqual(columns)
  })

  it('keeps an id whole where there is room for it, so that it can be copied', async () => {
    const long = row(id, {
      task: 'application.package.tasks.of_a_long_name',
      node: 'celery@a-host-of-a-long-name',
    })
    for (const columns of [60, 80, 120]) expect(await render(list([long]), terminal(columns))).toContain(id)
    expect(await render(list([long]), terminal(40))).not.toContain(id)
  })

  it('says how many more there are, and how to see them', async () => {
    expect(await render(list([row('a')], {matched: 73}), piped)).toContain('… and 72 more: --limit 73\n')
  })

  it('says that there is none', async () => {
    const text = await render(list([]), piped)
    expect(text).toContain('No running tasks\n')
    expect(text).not.toContain('exception')
  })

  it('shows nothing to a terminal that acts on it', async () => {
    const hostile = '\x1b]0;owned\x07\n\u202e'
    const bad = row(hostile, {task: hostile, node: hostile, queue: hostile, exception: hostile, eta: hostile})
    const text = await render(
      list([bad], {
        live: {
          ...{
            running: count(1),
            reserved: count(1, [hostile]),
            scheduled: {...count(1, [hostile]), nextEta: hostile},
          },
          waiting: count(1, [hostile]),
        },
        finished: {from: 'results', notFlower: hostile, looked: 1, complete: true},
      }),
      piped,
      true,
    )
    expect(text.split('\n').filter(line => !isClean(line))).toEqual([])
  })
})

describe('notes', () => {
  it.each<[string, Partial<TaskList>]>([
    [
      'waiting: a sample of 50, from the ends of the queues, of 1,204',
      {
        states: [{state: 'waiting', seen: 50}],
        live: {...list([]).live, waiting: count(1204)} as TaskList['live'],
      },
    ],
    ['reserved: the first 3 of 12', {states: [{state: 'reserved', seen: 3}]}],
    [
      'ended: from Flower, the newest 2,000',
      {finished: {from: 'flower', notFlower: null, looked: 2000, complete: false}},
    ],
    [
      'ended: from the result backend, a sample of 2,000',
      {finished: {from: 'results', notFlower: 'its API is closed', looked: 2000, complete: false}},
    ],
    [
      'not from Flower: closed',
      {finished: {from: 'results', notFlower: 'closed', looked: 0, complete: true}},
    ],
    [
      '"-" for a name: the application keeps none with its results; result_extended=True does',
      {nameless: 3, finished: {from: 'results', notFlower: 'x', looked: 3, complete: true}},
    ],
    ['1 task without a known age left out', {ageUnknown: 1}],
    [
      'the nodes were not asked: what runs, is reserved or scheduled is not known',
      {live: {running: count(null), reserved: count(null), scheduled: count(null), waiting: count(0)}},
    ],
  ])('say %j', (note, more) => {
    expect(notesOf(list([], more))).toContain(note)
  })

  it('are none where everything was seen', () => {
    expect(notesOf(list([row('a')]))).toEqual([])
  })
})

it('JSON says how many were left out', () => {
  expect(tasksJson(list([row('a')], {matched: 5}), healthy())).toMatchObject({matched: 5, more: 4, takenAt})
})
