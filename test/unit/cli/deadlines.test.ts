import {describe, expect, it} from 'vitest'
import {sourceSeconds} from '../../../src/cli/hub.ts'
import {reachSeconds} from '../../../src/cli/readers.ts'
import {defaultTimeoutSeconds} from '../../../src/config/settings.ts'

describe('deadlines', () => {
  it('are 3 s for a source, and 2 s for the way to it, when nothing is said', () => {
    expect(sourceSeconds(defaultTimeoutSeconds)).toBeCloseTo(3)
    expect(reachSeconds(defaultTimeoutSeconds)).toBeCloseTo(2)
  })

  it('follow --timeout both ways', () => {
    for (const seconds of [0.5, 30]) {
      expect(sourceSeconds(seconds)).toBeLessThan(seconds)
      expect(reachSeconds(seconds)).toBeLessThan(sourceSeconds(seconds))
    }
    expect(sourceSeconds(30)).toBeGreaterThan(3)
  })
})
