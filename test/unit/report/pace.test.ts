import {expect, it} from 'vitest'
import {pace, trendOf} from '../../../src/report/pace.ts'
import {figures, history} from '../../fixtures/history.ts'

const seen = (seconds: number, missingSeconds = 0) => ({
  ...{seconds, missingSeconds, missedEvents: 0, complete: missingSeconds === 0},
})

it('pace is of the time that was seen', () => {
  expect(pace(figures({succeeded: 90, failed: 10}), seen(100))).toBe(1)
  expect(pace(figures({succeeded: 90, failed: 10}), seen(100, 50))).toBe(2)
  expect(pace(figures({succeeded: 1}), seen(100, 100))).toBeNull()
})

it('a trend is of paces, and none where none was before', () => {
  const now = history({coverage: seen(100, 50), before: {coverage: seen(100), total: figures(), tasks: []}})
  expect(trendOf(now, figures({succeeded: 100}), figures({succeeded: 100}))).toBe(2)
  expect(trendOf(now, figures({succeeded: 0}), figures({succeeded: 100}))).toBe(0)
  expect(trendOf(now, figures({succeeded: 5}), figures())).toBeNull()
  expect(trendOf(now, figures({succeeded: 5}), undefined)).toBeNull()
  expect(trendOf(history({before: null}), figures({succeeded: 5}), figures({succeeded: 5}))).toBeNull()
})
