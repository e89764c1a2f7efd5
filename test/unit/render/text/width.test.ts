import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {padEnd, shorten, truncate, width, wrap, wrapItems} from '../../../../src/render/text/width.ts'

const text = fc.string({unit: fc.constantFrom(...'ab cdé日本🚀', 'e\u0301', '👩‍👩‍👧')})

describe('width', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['日本語', 6],
    ['e\u0301', 1],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['\x1b[31mred\x1b[39m', 3],
    ['✓ ! ✗ ? i – …', 13],
    ['████░', 5],
  ])('%j takes %i columns', (shown, columns) => {
    expect(width(shown)).toBe(columns)
  })
})

test('a character is as wide alone as beside one that has to be looked at closely', () => {
  for (let code = 0x20; code < 0x2c00; code += 1) {
    // Letters of other scripts, some of which join.
    if (code >= 0x300 && code < 0x2000) continue
    const character = String.fromCharCode(code)
    // Those that join with the one before, or are no text at all, are never alone.
    if (/[\p{M}\p{C}]/u.test(character)) continue
    expect([code, width(`${character} 日`) - 3]).toEqual([code, width(character)])
  }
})

test('padding fills up to the width and never cuts', () => {
  expect(padEnd('日本', 6)).toBe('日本  ')
  expect(padEnd('toolong', 3)).toBe('toolong')
})

describe('truncate', () => {
  test.each([
    ['emails', 6, 'emails'],
    ['emails', 5, 'emai…'],
    ['a bc', 3, 'a…'],
    ['日本語', 4, '日…'],
  ])('%j to %i columns is %j', (whole, columns, cut) => {
    expect(truncate(whole, columns, '…')).toBe(cut)
  })

  test('never exceeds the width', () => {
    fc.assert(
      fc.property(text, fc.integer({min: 1, max: 40}), (whole, columns) => {
        expect(width(truncate(whole, columns, '…'))).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

describe('wrap', () => {
  test('breaks between words, and inside a word that is too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij'])
    expect(wrap('', 10)).toEqual([''])
  })

  test('keeps every character and every line within the width', () => {
    fc.assert(
      fc.property(text, fc.integer({min: 2, max: 40}), (whole, columns) => {
        const lines = wrap(whole, columns)
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns)
        expect(lines.join('').replaceAll(' ', '')).toBe(whole.replaceAll(' ', ''))
      }),
    )
  })

  test('one line without a width', () => {
    expect(wrap('a b c', Number.POSITIVE_INFINITY)).toEqual(['a b c'])
  })
})

test('items stay whole where they can', () => {
  expect(wrapItems(['a: 1', 'b: 256 MiB', 'c: 3'], ' · ', 12)).toEqual(['a: 1', 'b: 256 MiB', 'c: 3'])
  expect(wrapItems(['a: 1', 'b: 2', 'c: 3'], ' · ', 12)).toEqual(['a: 1 · b: 2', 'c: 3'])
  expect(wrapItems([], ' · ', 12)).toEqual([])
})

test('a name keeps its beginning and its end', () => {
  expect(shorten('app.tasks.resize', 16, '…')).toBe('app.tasks.resize')
  expect(shorten('app.tasks.resize', 11, '…')).toBe('app….resize')
  expect(shorten('日本語のキュー', 9, '…')).toBe('日…キュー')
  expect(shorten('app.tasks.resize', 10, '...')).toBe('ap...esize')
  for (const columns of [1, 2, 3, 5, 8])
    expect(width(shorten('日本語のキュー👩‍👩‍👧', columns, '…'))).toBeLessThanOrEqual(columns)
})
