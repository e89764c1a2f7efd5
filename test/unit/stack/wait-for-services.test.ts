import {describe, expect, it} from 'vitest'
import type {Container} from '../../../src/snapshot/docker.ts'
import {deafWorkers} from '../../../src/stack/wait-for-services.ts'

const at = (time: string) => `2026-01-01T${time}Z`
const container = (role: 'redis' | 'worker', startedAt: string, more: Partial<Container> = {}) =>
  ({role, service: role, state: 'running', startedAt: at(startedAt), finishedAt: null, ...more}) as Container
const now = Date.parse(at('10:01:00'))

describe('deafWorkers', () => {
  it('are those from before Redis, when Redis has been back for long enough', () => {
    const redis = container('redis', '10:00:15')
    const workers = ['one', 'one', 'two'].map(service => container('worker', '09:00:00', {service}))
    expect(deafWorkers([redis, ...workers], now)).toEqual(['one', 'two'])
  })

  it('are told the sooner the shorter Redis was away, which is what a worker goes by', () => {
    const worker = container('worker', '09:00:00')
    const back = (startedAt: string, finishedAt: string) =>
      deafWorkers([worker, container('redis', startedAt, {finishedAt: at(finishedAt)})], now)
    // Away for 4 s: its next try comes within 6 s, and 10 s later it listens.
    expect(back('10:00:43', '10:00:39')).toEqual(['worker'])
    expect(back('10:00:45', '10:00:41')).toEqual([])
    expect(back('10:00:21', '09:30:00')).toEqual([])
    expect(back('10:00:19', '09:30:00')).toEqual(['worker'])
  })

  it.each([
    ['Redis has only just come back', '10:00:30', '09:00:00', 'running'],
    ['the worker is the younger one', '10:00:00', '10:00:10', 'running'],
    ['the worker does not run', '10:00:00', '09:00:00', 'exited'],
  ] as const)('are none while %s', (_what, redis, worker, state) => {
    const containers = [container('redis', redis), container('worker', worker, {state})]
    expect(deafWorkers(containers, now)).toEqual([])
  })
})
