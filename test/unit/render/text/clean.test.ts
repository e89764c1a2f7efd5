import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {clean, isClean} from '../../../../src/render/text/clean.ts'

describe('clean', () => {
  test.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['two\nlines\r\n', 'two\\nlines\\r\\n'],
    ['a\tb', 'a\\tb'],
    ['\x9b2J', '\\x9b2J'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ufffe', '\\ufffe'],
  ])('%j becomes %j', (text, shown) => {
    expect(clean(text)).toBe(shown)
  })

  test.each(['', 'emails', 'é ü 日本語 🚀', 'with space', "'quoted'", '\\x1b'])('%j stays', text => {
    expect(clean(text)).toBe(text)
  })

  test('never leaves a control character, and cleaning twice is cleaning once', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), text => {
        expect(clean(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
        expect(isClean(clean(text))).toBe(true)
      }),
      {numRuns: 2000},
    )
  })
})
