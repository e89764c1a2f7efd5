import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {patienceOf} from '../../../../../src/sources/celery/nodes/patience.ts'

beforeEach(() => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance']}))
afterEach(() => void vi.useRealTimers())

it('patience is over after so much silence', () => {
  const patience = patienceOf(1, 2)
  vi.advanceTimersByTime(999)
  expect(patience.signal.aborted).toBe(false)
  vi.advanceTimersByTime(2)
  expect(patience.signal.aborted).toBe(true)
})

it('patience begins anew with each reply, and is over when there is no more of it', () => {
  const patience = patienceOf(1, 2)
  vi.advanceTimersByTime(900)
  patience.renew()
  vi.advanceTimersByTime(900)
  expect(patience.signal.aborted).toBe(false)
  patience.renew()
  vi.advanceTimersByTime(201)
  expect(patience.signal.aborted).toBe(true)
})

it('patience that was ended never runs out', () => {
  const patience = patienceOf(1, 2)
  patience.end()
  vi.advanceTimersByTime(5000)
  expect(patience.signal.aborted).toBe(false)
})
