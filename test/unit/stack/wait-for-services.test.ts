import {describe, expect, it} from 'vitest'
import type {Container} from '../../../src/snapshot/docker.ts'
import {deafWorker} from '../../../src/stack/wait-for-services.ts'

const container = (role: 'redis' | 'worker', startedAt: string, state = 'running') =>
  ({role, service: role, state, startedAt}) as Container
const now = Date.parse('2026-01-01T10:01:00Z')

describe('deafWorker', () => {
  it('says that a worker from before Redis will not come any more', () => {
    const containers = [
      container('redis', '2026-01-01T10:00:00Z'),
      container('worker', '2026-01-01T09:00:00Z'),
    ]
    expect(deafWorker(containers, now)).toContain('worker lost Redis and has not come back to it in 60 s')
  })

  it.each([
    ['Redis has only just come back', '2026-01-01T10:00:30Z', '2026-01-01T09:00:00Z', 'running'],
    ['the worker is the younger one', '2026-01-01T10:00:00Z', '2026-01-01T10:00:10Z', 'running'],
    ['the worker does not run', '2026-01-01T10:00:00Z', '2026-01-01T09:00:00Z', 'exited'],
  ])('waits on while %s', (_what, redis, worker, state) => {
    const containers = [container('redis', redis), container('worker', worker, state)]
    expect(deafWorker(containers, now)).toBeNull()
  })
})
