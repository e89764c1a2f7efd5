import {describe, expect, it} from 'vitest'
import {Clock} from '../../../src/history/clock.ts'

function machine() {
  const clocks = {at: 1_795_399_200, up: 1000}
  return {
    clock: new Clock({wall: () => clocks.at, steady: () => clocks.up}),
    pass(seconds: number, wallSeconds = seconds) {
      clocks.up += seconds
      clocks.at += wallSeconds
    },
    wall: () => clocks.at,
  }
}

describe('the recorder’s clock', () => {
  it('runs with the machine’s, and follows one that drifts without a word', () => {
    const {clock, pass, wall} = machine()
    for (let second = 0; second < 3600; second += 1) {
      pass(1, 1.01)
      expect(clock.look()).toBeNull()
      expect(clock.now()).toBeCloseTo(wall(), 6)
    }
  })

  it.each([3600, -3600, 86_400 * 365])(
    'tells that it was set by %i s, and runs evenly until then',
    seconds => {
      const {clock, pass, wall} = machine()
      const before = clock.now()
      pass(0.5, 0.5 + seconds)
      expect(clock.now()).toBeCloseTo(before + 0.5, 6)
      expect(clock.look()).toEqual({kind: 'set', seconds: expect.closeTo(seconds, 3)})
      expect(clock.now()).toBeCloseTo(wall(), 6)
      pass(1)
      expect(clock.look()).toBeNull()
    },
  )

  it('tells that the machine slept, whether its steady clock ran meanwhile or not', () => {
    const {clock, pass, wall} = machine()
    pass(1, 600)
    expect(clock.look()).toEqual({kind: 'set', seconds: expect.closeTo(599, 3)})
    pass(600)
    expect(clock.look()).toEqual({kind: 'slept', seconds: 600})
    expect(clock.now()).toBeCloseTo(wall(), 6)
  })
})
