import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {CeleryFacts} from '../../../../../src/snapshot/celery.ts'
import {decodeResult, tally} from '../../../../../src/sources/celery/tasks/outcome.ts'
import {databasesOf} from '../../../../../src/sources/celery/tasks/results.ts'
import {factsIn} from '../../../../fixtures/broken.ts'
import {conf, healthy, node} from '../../../../fixtures/healthy.ts'

const stored = (more: object) =>
  JSON.stringify({status: 'SUCCESS', result: 'CANARY', traceback: null, children: [], task_id: 'id', ...more})
const failure = (name: string, date: string, message: unknown, more: object = {}) =>
  stored({
    ...{
      status: 'FAILURE',
      name,
      date_done: date,
      args: ['CANARY'],
      kwargs: {a: 'CANARY'},
      traceback: 'CANARY',
    },
    result: {exc_type: 'ValueError', exc_message: message, exc_module: 'builtins'},
    ...more,
  })
const counted = (...texts: string[]) =>
  tally({
    results: texts.flatMap(text => decodeResult(text) ?? []),
    database: 1,
    complete: true,
    expiry: null,
  })

describe('stored results', () => {
  it('are counted by task, the nameless last', () => {
    const facts = counted(
      stored({}),
      stored({name: 'b', retries: 2}),
      stored({name: 'a', date_done: '2026-11-22T11:10:08.900880+00:00'}),
      failure('a', '2026-11-22T11:10:07', ['old']),
      failure('a', '2026-11-22T13:10:09+02:00', ['new'], {retries: 3}),
      stored({name: 'a', status: 'REVOKED'}),
      stored({name: 'a', status: 'STARTED', result: NaN}),
    )
    expect(facts.since).toBe('2026-11-22T11:10:07.000Z')
    expect(facts.sampled).toBe(7)
    expect(facts.byTask.map(each => [each.task, each.succeeded, each.failed, each.retried])).toEqual([
      ['a', 1, 2, 3],
      ['b', 1, 0, 2],
      [null, 1, 0, null],
    ])
    expect(facts.byTask[0]?.newestFailure).toEqual({
      exception: 'ValueError: new',
      at: '2026-11-22T11:10:09.000Z',
      id: 'id',
    })
    expect(JSON.stringify(facts)).not.toContain('CANARY')
  })

  it.each([
    [['x'.repeat(999)], /^ValueError: x+…$/],
    ['plain', /^ValueError: plain$/],
    [[], /^ValueError$/],
    [[{a: 1}], /^ValueError: \{"a":1\}$/],
    [null, /^ValueError$/],
  ])('cut an exception of %j', (message, expected) => {
    const exception = counted(failure('a', '2026-11-22T11:10:07', message)).byTask[0]?.newestFailure
      ?.exception
    expect(exception).toMatch(expected)
    expect(exception?.length).toBeLessThanOrEqual(200)
  })

  it('that are none are left out', () => {
    expect(decodeResult('\x80\x04\x95')).toBeNull()
    fc.assert(fc.property(fc.json(), text => void decodeResult(text)))
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void decodeResult(text)))
  })
})

describe('where results are', () => {
  const celery = (...nodes: [backend: string | null, broker: string | null][]): CeleryFacts => ({
    ...factsIn(healthy(), 'celery'),
    nodes: nodes.map(([resultBackend, broker], index) =>
      node(`n${index}`, {broker, conf: conf({resultBackend})}),
    ),
  })

  it('is what the nodes say', () => {
    expect(databasesOf(celery(['redis://redis:6379/1', 'redis:6379/0']), 0)).toEqual([1])
    expect(
      databasesOf(celery(['redis://redis/4', 'redis:6379/0'], ['redis://redis', 'redis:6379/0']), 0),
    ).toEqual([4, 0])
  })

  it('is tried at the usual places without their word', () => {
    expect(databasesOf(null, 0)).toEqual([0, 1])
    expect(databasesOf(celery(), 1)).toEqual([1])
  })

  it('may be elsewhere or nowhere', () => {
    const codeOf = (facts: CeleryFacts) => {
      try {
        return databasesOf(facts, 0)
      } catch (error) {
        return (error as {code: string}).code
      }
    }
    expect(codeOf(celery(['redis://other:6379/1', 'redis:6379/0']))).toBe('results-elsewhere')
    expect(codeOf(celery(['db+postgresql://x', 'redis:6379/0']))).toBe('results-elsewhere')
    expect(codeOf(celery([null, 'redis:6379/0'], ['disabled://', null]))).toBe('no-result-backend')
  })
})
