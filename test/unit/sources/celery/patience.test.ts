import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {patienceOf} from '../../../../src/sources/celery/patience.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('silence is waited through for as long as was said', () => {
  const {signal, end} = patienceOf(1, 5)
  vi.advanceTimersByTime(990)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(20)
  expect(signal.aborted).toBe(true)
  end()
})

it('while replies come nobody is called silent, but not for ever', () => {
  const {signal, renew, end} = patienceOf(1, 5)
  for (let tenths = 0; tenths < 45; tenths += 9) {
    renew()
    vi.advanceTimersByTime(900)
    expect([tenths, signal.aborted]).toEqual([tenths, false])
  }
  renew()
  vi.advanceTimersByTime(900)
  expect(signal.aborted).toBe(true)
  end()
})
