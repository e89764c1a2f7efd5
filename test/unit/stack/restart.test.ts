import {expect, it} from 'vitest'
import {stopTimeout} from '../../../src/stack/stop-timeout.ts'

it('gives nodes time for their tasks, and keeps a hung Redis or Flower no longer than its own service says', () => {
  expect(stopTimeout(null, true)).toEqual(['-t', '60'])
  expect(stopTimeout(null, false)).toEqual([])
  expect(stopTimeout(0.5, false)).toEqual(['-t', '1'])
})
