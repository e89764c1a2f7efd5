import fc from 'fast-check'
import {expect, it} from 'vitest'
import {matchesGlob} from '../../../src/report/glob.ts'

it.each([
  ['app.tasks.add', 'app.*', true],
  ['app.tasks.add', '*.add', true],
  ['app.tasks.add', 'add', false],
  ['app.tasks.add', 'app.tasks.a?d', true],
  ['app.tasks.add', 'app.tasks.ad', false],
  ['celery@one', 'celery@*', true],
  ['aXb', 'a.b', false],
  ['', '*', true],
  ['', '?', false],
  ['mississippi', '*iss*pi', true],
])('%s fits %s: %s', (name, glob, expected) => {
  expect(matchesGlob(name, glob)).toBe(expected)
})

it('agrees with the regular expression it stands for', () => {
  const letter = fc.constantFrom('a', 'b', '.', '*', '?', '(', '\\', '\n')
  fc.assert(
    fc.property(fc.string({unit: letter}), fc.string({unit: letter, maxLength: 8}), (name, glob) => {
      const expression = [...glob]
        .map(one => (one === '*' ? '.*' : one === '?' ? '.' : one.replace(/[.()\\]/g, '\\$&')))
        .join('')
      expect(matchesGlob(name, glob)).toBe(new RegExp(`^${expression}$`, 's').test(name))
    }),
  )
})

it('takes no longer for a pattern made to be slow', () => {
  const start = performance.now()
  expect(matchesGlob('a'.repeat(20_000), `${'*a'.repeat(30)}*b`)).toBe(false)
  expect(performance.now() - start).toBeLessThan(1000)
})
