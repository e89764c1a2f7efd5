import {describe, expect, it} from 'vitest'
import {type Check, defineCheck, fail, type Outcome, pass} from '../../../src/checks/check.ts'
import {judgeAll} from '../../../src/checks/judge.ts'
import type {FindingStatus} from '../../../src/report/finding.ts'
import {hub, unreadable} from '../../fixtures/broken.ts'
import {healthy} from '../../fixtures/healthy.ts'

function check(id: `redis.${string}`, more: Partial<Check> = {}): Check {
  return defineCheck({
    ...{id, category: 'redis', title: id, why: '', looksAt: '', confirm: [], cure: [], severity: 'critical'},
    ...{phase: 'running', needs: [], judge: () => pass('fine')},
    ...more,
  } as Check)
}

const failing = (severity: 'critical' | 'warning', affects: string[] = []): Partial<Check> => ({
  judge: (): Outcome => fail('wrong', {severity, affects}),
})

function statuses(checks: Check[], snapshot = healthy()): FindingStatus[] {
  return judgeAll(checks, snapshot).map(({status}) => status)
}

describe('a source that cannot be read', () => {
  const down = hub(snapshot => {
    unreadable(snapshot, 'redis', {code: 'refused', message: 'nothing listens'})
    unreadable(snapshot, 'celery', {code: 'refused', message: 'nothing listens', because: 'redis'})
  })

  it('skips what needs it, with the reason', () => {
    expect(judgeAll([check('redis.a', {needs: ['redis']})], down)[0]).toMatchObject({
      status: 'skipped',
      message: 'redis could not be read: nothing listens',
    })
  })

  it('is judged by its root alone, and not by the root of what stands on it', () => {
    const roots = [
      check('redis.root', {roots: 'redis', ...failing('critical')}),
      check('redis.celery', {roots: 'celery', ...failing('critical')}),
    ]
    expect(statuses(roots, down)).toEqual(['critical', 'skipped'])
  })

  it('and the root is named as the cause, through what stands on it', () => {
    const all = [
      check('redis.root', {roots: 'redis', ...failing('critical')}),
      check('redis.nodes', {roots: 'celery', ...failing('critical')}),
      check('redis.queues', {needs: ['celery']}),
      check('redis.elsewhere', {needs: ['celery'], appliesTo: () => false}),
    ]
    expect(judgeAll(all, down).map(({becauseOf}) => becauseOf)).toEqual([
      undefined,
      'redis.root',
      'redis.root',
      undefined,
    ])
  })

  it('is never hidden behind a source that could be read after all', () => {
    const odd = hub(snapshot =>
      unreadable(snapshot, 'celery', {code: 'refused', message: 'no', because: 'redis'}),
    )
    expect(statuses([check('redis.celery', {roots: 'celery', ...failing('critical')})], odd)).toEqual([
      'critical',
    ])
  })

  it('and one that was not asked skips, too', () => {
    const unasked = hub(snapshot => {
      delete snapshot.sources.redis
    })
    const both = [check('redis.a', {needs: ['redis']}), check('redis.root', {roots: 'redis'})]
    expect(statuses(both, unasked)).toEqual(['skipped', 'skipped'])
  })
})

describe('a check', () => {
  it('that throws is unknown, and the others go on', () => {
    const broken = check('redis.broken', {
      judge: () => {
        throw new Error('boom')
      },
    })
    const [first, second] = judgeAll([broken, check('redis.fine')], healthy())
    expect(first).toMatchObject({status: 'unknown', message: expect.stringContaining('boom')})
    expect(second).toMatchObject({status: 'pass'})
  })

  it('that does not apply is skipped', () => {
    expect(statuses([check('redis.a', {appliesTo: () => false})])).toEqual(['skipped'])
  })

  it('takes its own severity unless the outcome has another', () => {
    expect(statuses([check('redis.a', {judge: () => fail('wrong')})])).toEqual(['critical'])
    expect(statuses([check('redis.a', failing('warning'))])).toEqual(['warning'])
  })
})

describe('a failure follows from another', () => {
  function causeOf(cause: Partial<Check>, effect: Partial<Check>): string | undefined {
    return judgeAll([check('redis.cause', cause), check('redis.effect', effect)], healthy())[1]?.becauseOf
  }
  const follows = ['redis.cause']

  it('that is named and fails', () => {
    expect(causeOf(failing('critical'), {follows, ...failing('critical')})).toBe('redis.cause')
    expect(causeOf({}, {follows, ...failing('critical')})).toBeUndefined()
  })

  it('but the worse is not explained by the milder', () => {
    expect(causeOf(failing('warning'), {follows, ...failing('critical')})).toBeUndefined()
    expect(causeOf(failing('warning'), {follows, ...failing('warning')})).toBe('redis.cause')
  })

  it('if the cause hits the role it stands on', () => {
    const effect = {follows: [{check: 'redis.cause', of: 'worker' as const}], ...failing('critical')}
    expect(causeOf(failing('critical', ['celery-worker']), effect)).toBe('redis.cause')
    expect(causeOf(failing('critical', ['flower']), effect)).toBeUndefined()
  })

  it('if the cause hits all of the same', () => {
    const effect = (affects: string[]) => ({
      follows: [{check: 'redis.cause', of: 'the-same' as const}],
      ...failing('critical', affects),
    })
    expect(causeOf(failing('critical', ['a', 'b']), effect(['a']))).toBe('redis.cause')
    expect(causeOf(failing('critical', ['a']), effect(['a', 'b']))).toBeUndefined()
    expect(causeOf(failing('critical', ['a']), effect([]))).toBeUndefined()
    // Of services where there are any: a stopped container knows nothing of nodes.
    expect(causeOf(failing('critical', ['celery-worker']), effect(['celery-worker', 'celery@a']))).toBe(
      'redis.cause',
    )
    expect(
      causeOf(failing('critical', ['flower', 'celery@a']), effect(['redis', 'celery@a'])),
    ).toBeUndefined()
  })

  it('down a chain to the root, whatever the order of the checks', () => {
    const chain = [
      check('redis.c', {follows: ['redis.b'], ...failing('warning')}),
      check('redis.b', {follows: ['redis.a'], ...failing('critical')}),
      check('redis.a', failing('critical')),
    ]
    for (const checks of [chain, [...chain].reverse()])
      expect(
        Object.fromEntries(judgeAll(checks, healthy()).map(({check: id, becauseOf}) => [id, becauseOf])),
      ).toEqual({'redis.a': undefined, 'redis.b': 'redis.a', 'redis.c': 'redis.b'})
  })

  it('and never in a circle: what others stand on comes first', () => {
    const first = check('redis.first', {follows: ['redis.second'], ...failing('critical')})
    const second = check('redis.second', {follows: ['redis.third'], ...failing('critical')})
    const third = check('redis.third', {follows: ['redis.first'], ...failing('critical')})
    const causes = judgeAll([first, second, third], healthy()).map(({becauseOf}) => becauseOf)
    expect(causes).toEqual([undefined, 'redis.third', 'redis.first'])
  })

  it('of its causes to the nearest that fails', () => {
    const effect = check('redis.effect', {follows: ['redis.near', 'redis.far'], ...failing('warning')})
    const near = (fails: boolean) => check('redis.near', fails ? failing('warning') : {})
    const far = check('redis.far', failing('warning'))
    expect(judgeAll([far, near(true), effect], healthy()).at(-1)?.becauseOf).toBe('redis.near')
    expect(judgeAll([far, near(false), effect], healthy()).at(-1)?.becauseOf).toBe('redis.far')
  })
})
