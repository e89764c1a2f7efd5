import {describe, expect, it} from 'vitest'
import type {Finding, FindingStatus} from '../../../src/report/finding.ts'
import type {Report} from '../../../src/report/report.ts'
import {titlesOf, waitUntilHealthy} from '../../../src/stack/wait.ts'

const report = (...statuses: FindingStatus[]) =>
  ({
    findings: statuses.map((status, index) => ({check: `x.${index}`, title: `t${index}`, status}) as Finding),
    unread: [] as Report['unread'],
  }) as Report
const looks = (...reports: Report[]) => {
  let at = 0
  return async () => reports[Math.min(at++, reports.length - 1)] as Report
}
const signal = new AbortController().signal
const only = ['x.0']

describe('waitUntilHealthy', () => {
  it('looks again until every check passes', async () => {
    const examine = looks(report('critical', 'skipped'), report('pass', 'skipped'), report('pass', 'warning'))
    const waited = await waitUntilHealthy({only, examine, deadlineSeconds: 30, signal})
    expect(waited.healthy).toBe(true)
  })

  it('waits for what was asked for, also when it is only a warning', async () => {
    const examine = looks(report('warning', 'warning'), report('pass', 'warning'))
    const waited = await waitUntilHealthy({only, examine, deadlineSeconds: 30, signal})
    expect(waited.report?.findings[0]?.status).toBe('pass')
  })

  it('does not wait for what docker exec alone cannot tell', async () => {
    const told = {
      findings: [
        {check: 'celery.nodes-online', category: 'celery', title: 't', status: 'skipped'} as Finding,
      ],
      unread: [
        {source: 'celery', partial: true, code: 'exec-only', message: 'only docker exec leads to Redis'},
      ],
    } as Report
    const waited = await waitUntilHealthy({only, examine: looks(told), deadlineSeconds: 30, signal})
    expect(waited.healthy).toBe(true)
    expect(titlesOf(waited, ['celery.nodes-online'])).toBe('')
  })

  it('gives up when the time is over, and says what was missing', async () => {
    const waited = await waitUntilHealthy({
      only,
      examine: looks(report('pass', 'critical')),
      deadlineSeconds: 0.1,
      signal,
    })
    expect(waited).toMatchObject({healthy: false, hopeless: null, missing: [{title: 't1'}]})
  })

  it('gives up at once when waiting is of no use', async () => {
    const start = performance.now()
    const waited = await waitUntilHealthy({
      only,
      examine: looks(report('critical')),
      deadlineSeconds: 60,
      signal,
      stop: async () => 'redis has ended',
    })
    expect(waited.hopeless).toBe('redis has ended')
    expect(performance.now() - start).toBeLessThan(30_000)
  })

  it('ends with the signal, also between two looks', async () => {
    const controller = new AbortController()
    const waiting = waitUntilHealthy({
      only,
      examine: looks(report('critical')),
      deadlineSeconds: 60,
      signal: controller.signal,
      onLook: () => setTimeout(() => controller.abort(new Error('interrupted')), 20),
    })
    await expect(waiting).rejects.toThrow('interrupted')
  })
})
