import {expect, it} from 'vitest'
import {chooseServices} from '../../../src/stack/stack.ts'

const known = ['celery-worker', 'flower', 'redis']

it('takes all services when none is named, and each once', () => {
  expect(chooseServices([], known)).toEqual(known)
  expect(chooseServices(['redis', 'redis'], known)).toEqual(['redis'])
})

it('suggests what a misspelt name may have meant', () => {
  expect(() => chooseServices(['celery-wroker'], known)).toThrow(
    expect.objectContaining({
      exit: 64,
      suggestions: ['did you mean celery-worker?', 'services: celery-worker, flower, redis'],
    }),
  )
})
