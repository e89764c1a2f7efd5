import {describe, expect, it} from 'vitest'
import {concealed, renderAccount} from '../../../../src/render/tasks/account.ts'
import {nextFor} from '../../../../src/render/tasks/next.ts'
import {isClean} from '../../../../src/render/text/clean.ts'
import {width} from '../../../../src/render/text/width.ts'
import type {View} from '../../../../src/render/view.ts'
import type {TaskAccount} from '../../../../src/report/task-account.ts'
import {container, healthy, takenAt} from '../../../fixtures/healthy.ts'

const piped: View = {columns: 100, color: false, unicode: true, fit: false, verbosity: 'normal'}
const id = '4dd0a18e-e278-4405-9453-207c0ef4afa4'
const account = (more: Partial<TaskAccount> = {}): TaskAccount => ({
  ...{
    id,
    task: 'app.tasks.slow',
    state: 'running',
    summary: 'running on celery@one, process 21',
    node: 'celery@one',
  },
  ...{
    queue: 'celery',
    position: null,
    pid: 21,
    pool: 'prefork',
    revoked: false,
    startedAt: '2026-11-23T08:59:00.000Z',
    endedAt: null,
    eta: null,
  },
  ...{
    runtimeSeconds: null,
    retries: 0,
    origin: null,
    rootId: null,
    parentId: null,
    groupId: null,
    children: [],
  },
  ...{
    contentType: null,
    args: {kind: 'list', length: 2, shown: null},
    kwargs: null,
    result: null,
    exception: null,
  },
  ...{traceback: null, resultExpiresInSeconds: null, contradictions: [], looked: ['queues: nothing waits']},
  timeline: [
    {at: '2026-11-23T08:59:00.000Z', event: 'started in process 21', source: 'celery@one'},
    {at: null, event: 'running', source: 'celery@one'},
  ],
  ...more,
})
const {target} = healthy()
const next = [['hub-mon', 'tasks', 'revoke', id, '--terminate']]

describe('the story', () => {
  it('is what is true, what happened, what was looked through, what to type', () => {
    expect(
      renderAccount(account({contradictions: ['a and b run it at once']}), {target, takenAt, next}, piped),
    ).toBe(`Project hub, /srv/hub/docker-compose.monitoring.yml, 2026-11-23 09:00:00 UTC

Task ${id}
running on celery@one, process 21
! a and b run it at once

task         app.tasks.slow
node         celery@one
queue        celery
running for  1 min
retries      0
arguments    *** (list, 2 entries)

Timeline
  2026-11-23 08:59:00 UTC  started in process 21  celery@one
  now                      running                celery@one

Looked through
  queues: nothing waits

Next:
  hub-mon tasks revoke ${id} --terminate
`)
  })

  it('is never wider than the terminal, but for what is copied or code', () => {
    const long = 'word '.repeat(60).trim()
    const wide = account({
      summary: long,
      contradictions: [long],
      looked: [long],
      children: [long],
      origin: long,
    })
    for (const columns of [40, 60, 80, 120])
      for (const line of renderAccount(
        wide,
        {target, takenAt, next: []},
        {...piped, fit: true, columns},
      ).split('\n'))
        expect(width(line)).toBeLessThanOrEqual(columns)
  })

  it('keeps a traceback by its lines, each cut', () => {
    const traceback = `Traceback (most recent call last):\n  File "x", line 1\n${'y'.repeat(500)}\n`
    const lines = renderAccount(account({traceback}), {target, takenAt, next}, piped).split('\n')
    expect(lines).toContain('    File "x", line 1')
    expect(lines.find(line => line.startsWith('  yyy'))).toBe(`  ${'y'.repeat(199)}…`)
  })

  it('shows nothing to a terminal that acts on it', () => {
    const bad = '\x1b]0;owned\x07\r\u202e'
    const text = renderAccount(
      account({
        ...{id: bad, task: bad, summary: bad, node: bad, queue: bad, origin: bad, parentId: bad, rootId: bad},
        ...{
          groupId: bad,
          children: [bad],
          contentType: bad,
          traceback: `${bad}\n${bad}`,
          contradictions: [bad],
        },
        ...{looked: [bad], eta: bad, timeline: [{at: bad, event: bad, source: bad}]},
        args: {kind: 'repr', length: 1, shown: bad},
      }),
      {target, takenAt, next: [['hub-mon', 'tasks', 'revoke', bad]]},
      piped,
    )
    expect(text.split('\n').filter(line => !isClean(line))).toEqual([])
  })
})

it.each([
  [{kind: 'list', length: 2, shown: null}, '*** (list, 2 entries)'],
  [{kind: 'list', length: 1, shown: null}, '*** (list, 1 entry)'],
  [{kind: 'repr', length: 1200, shown: null}, '*** (1,200 characters)'],
  [{kind: 'number', length: null, shown: null}, '*** (number)'],
  [{kind: 'text', length: 3, shown: 'abc'}, 'abc'],
] as const)('%j is shown as %s', (value, expected) => {
  expect(concealed(value)).toBe(expected)
})

describe('what to type next', () => {
  const containers = [container('celery-worker', 'worker', {hostname: 'one'})]
  const lines = (more: Partial<TaskAccount>) =>
    nextFor(account(more), target, containers).map(words => words.slice(1).join(' '))

  it.each<[Partial<TaskAccount>, string[]]>([
    [{state: 'running'}, [`tasks revoke ${id} --terminate`, 'logs celery-worker']],
    [{state: 'running', pool: 'threads'}, ['logs celery-worker']],
    [{state: 'scheduled', revoked: true}, ['logs celery-worker']],
    [{state: 'waiting', node: null}, [`tasks revoke ${id}`, 'queues']],
    [{state: 'scheduled', node: 'celery@elsewhere'}, [`tasks revoke ${id}`]],
    [{state: 'failed'}, ['logs celery-worker']],
    [{state: 'delivered'}, ['doctor']],
    [{state: 'succeeded'}, []],
    [{state: 'succeeded', contradictions: ['x']}, ['doctor']],
  ])('fits %j', (more, expected) => {
    expect(lines(more)).toEqual(expected)
  })
})
