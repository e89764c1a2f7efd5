import {describe, expect, it} from 'vitest'
import {cureBy, type Fix, fixedBy} from '../../../src/report/finding.ts'
import {asksForOthers, nextFix} from '../../../src/report/fixes.ts'
import {finding} from '../../golden/reports.ts'

const restart = (service: string, mayComeInSeconds = 0): Fix => ({
  ...{does: 'restart', service, risks: 'running-tasks', mayComeInSeconds},
})
const offering = (...fixes: Fix[]) => ({
  remedies: fixes.map(fix => fixedBy(fix, cureBy('mend', 'hub-mon', fix.does))),
})

describe('the next fix', () => {
  it('is the first fixable remedy of the first problem that has one', () => {
    const next = nextFix(
      {
        findings: [
          finding('docker.version', 'critical', {remedies: [cureBy('by hand', 'sudo', 'x')]}),
          finding('redis.reachable', 'critical', offering(restart('redis'), {does: 'start'})),
          finding('flower.reachable', 'warning', offering(restart('flower'))),
        ],
      },
      [],
    )
    expect([next?.finding.check, next?.remedy.fix]).toEqual(['redis.reachable', restart('redis')])
  })

  it('is never one that was tried, however long it was waited for', () => {
    const findings = [
      finding('redis.reachable', 'critical', offering(restart('redis', 30), {does: 'start'})),
      finding('flower.reachable', 'warning', offering(restart('flower'))),
    ]
    expect(nextFix({findings}, [restart('redis')])?.remedy.fix).toEqual({does: 'start'})
    expect(nextFix({findings}, [restart('redis'), {does: 'start'}])?.finding.check).toBe('flower.reachable')
    expect(nextFix({findings}, [restart('redis'), {does: 'start'}, restart('flower', 9)])).toBeNull()
  })

  it('is not of advice, nor of what only follows from another', () => {
    const findings = [
      finding('redis.reachable', 'critical'),
      finding('celery.nodes-online', 'critical', {
        becauseOf: 'redis.reachable',
        ...offering(restart('celery-worker')),
      }),
      finding('celery.reply-lists', 'notice', offering({does: 'clean', words: ['EVAL']})),
    ]
    expect(nextFix({findings}, [])).toBeNull()
  })
})

describe('a check that still fails', () => {
  const paused = (container: string): Fix => ({does: 'unpause', container})

  it('is another fix’s when it asks for this one no more', () => {
    expect(asksForOthers(finding('stack.running', 'critical', offering(paused('b'))), paused('a'))).toBe(true)
    expect(
      asksForOthers(finding('stack.running', 'critical', offering(paused('a'), paused('b'))), paused('a')),
    ).toBe(false)
  })

  it('is not said to be helped when it asks for none, or tells nothing yet', () => {
    expect(asksForOthers(finding('stack.running', 'warning'), paused('a'))).toBe(false)
    expect(asksForOthers(finding('stack.running', 'skipped', offering(paused('b'))), paused('a'))).toBe(false)
    expect(asksForOthers(undefined, paused('a'))).toBe(false)
  })
})
