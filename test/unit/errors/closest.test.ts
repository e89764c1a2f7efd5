import {describe, expect, it} from 'vitest'
import {closest} from '../../../src/errors/closest.ts'

describe('closest', () => {
  it.each([
    ['redsi', ['redis', 'flower'], 'redis'],
    ['REDIS', ['redis'], 'redis'],
    ['worker', ['celery-worker', 'redis'], 'celery-worker'],
    // Two could be meant: no better than none, and neither is near.
    ['worker', ['fast-worker', 'celery-worker'], null],
    // Too short to mean anything by being a part.
    ['ce', ['celery-worker'], null],
    ['postgres', ['redis', 'flower'], null],
    ['anything', [], null],
  ])('%s among %j: %s', (word, candidates, meant) => {
    expect(closest(word, candidates)).toBe(meant)
  })
})
