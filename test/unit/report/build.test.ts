import {describe, expect, it} from 'vitest'
import {buildReport} from '../../../src/report/build.ts'
import {confirmBy, cureBy, decide, type Finding, type FindingStatus} from '../../../src/report/finding.ts'
import {hub, unreadable} from '../../fixtures/broken.ts'
import {healthy} from '../../fixtures/healthy.ts'

function finding(check: string, status: FindingStatus, more: Partial<Finding> = {}): Finding {
  return {
    ...{check, category: 'redis', title: check, status, message: '', evidence: [], affects: []},
    ...{remedies: [], docs: ''},
    ...more,
  }
}

const order = (findings: Finding[]) => buildReport(healthy(), findings, []).findings.map(({check}) => check)

describe('the verdict', () => {
  it.each<[FindingStatus[], string]>([
    [[], 'ok'],
    [['pass', 'skipped', 'notice'], 'ok'],
    [['pass', 'warning'], 'warning'],
    [['warning', 'unknown'], 'unknown'],
    [['warning', 'unknown', 'critical'], 'critical'],
  ])('of %j is %s', (statuses, verdict) => {
    const report = buildReport(
      healthy(),
      statuses.map(status => finding(status, status)),
      [],
    )
    expect(report.verdict).toBe(verdict)
    expect(Object.values(report.counts).reduce((sum, one) => sum + one, 0)).toBe(statuses.length)
  })
})

describe('the order', () => {
  it('is problems first, and within a rank that of the registry', () => {
    const statuses: FindingStatus[] = ['skipped', 'pass', 'notice', 'warning', 'unknown', 'critical']
    expect(order(statuses.map(status => finding(status, status)))).toEqual(
      [...statuses].reverse().sort(byRank),
    )
    expect(order([finding('b', 'warning'), finding('a', 'warning')])).toEqual(['b', 'a'])
  })

  it('puts all causes, also milder ones, before what follows from one', () => {
    const consequence = finding('consequence', 'critical', {becauseOf: 'cause'})
    expect(order([consequence, finding('cause', 'critical'), finding('mild', 'warning')])).toEqual([
      'cause',
      'mild',
      'consequence',
    ])
  })
})

function byRank(a: string, b: string): number {
  const ranks = ['critical', 'unknown', 'warning', 'notice', 'pass', 'skipped']
  return ranks.indexOf(a) - ranks.indexOf(b)
}

describe('the command to type next', () => {
  const next = (...remedies: Finding['remedies']) =>
    buildReport(healthy(), [finding('a', 'critical', {remedies})], []).next

  it('is the cure of the first problem', () => {
    expect(next(confirmBy('look', 'df'), cureBy('mend', 'hub-mon', 'up'))).toEqual(['hub-mon', 'up'])
  })

  it('is a closer look where the cure begins with a decision', () => {
    expect(next(decide('choose'), cureBy('apply', 'hub-mon', 'up'), confirmBy('look', 'df'))).toEqual(['df'])
    expect(next(decide('choose'))).toBeNull()
  })

  it('is none when nothing needs doing', () => {
    const notice = finding('a', 'notice', {remedies: [cureBy('mend', 'hub-mon', 'up')]})
    expect(buildReport(healthy(), [notice], []).next).toBeNull()
    expect(buildReport(healthy(), [], []).next).toBeNull()
  })
})

describe('what could not be read', () => {
  it('is named, in part or whole', () => {
    const snapshot = hub(broken => {
      unreadable(broken, 'flower', {code: 'timeout', message: 'late'})
      if (broken.sources.redis?.status === 'fresh')
        broken.sources.redis = {
          ...broken.sources.redis,
          status: 'partial',
          error: {code: 'exec-only', message: 'some'},
        }
    })
    expect(buildReport(snapshot, [], []).unread).toEqual([
      {source: 'redis', partial: true, code: 'exec-only', message: 'some'},
      {source: 'flower', partial: false, code: 'timeout', message: 'late'},
    ])
  })
})
