import {describe, expect, test} from 'vitest'
import {bytes} from '../../../../src/render/text/bytes.ts'
import {duration} from '../../../../src/render/text/duration.ts'
import {bound, count, percent, plural, quantity} from '../../../../src/render/text/number.ts'

test.each([
  [0, '0 s'],
  [0.0004, '0.4 ms'],
  [0.08, '80 ms'],
  [0.9996, '1 s'],
  [4.25, '4.3 s'],
  [59.6, '1 min'],
  [725, '12 min'],
  [3600, '1 h'],
  [11_100, '3 h 5 min'],
  [187_200, '2 d 4 h'],
  [-2, '-2 s'],
])('%d seconds are %s', (seconds, shown) => {
  expect(duration(seconds)).toBe(shown)
})

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1_048_064, '1 MiB'],
  [268_435_456, '256 MiB'],
  [40_802_189_312, '38 GiB'],
  [-1024, '-1 KiB'],
])('%d bytes are %s', (many, shown) => {
  expect(bytes(many)).toBe(shown)
})

describe('percent', () => {
  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.97, '97 %'],
    [0.95, '95 %'],
    [0.912, '91.2 %'],
    [0.123, '12 %'],
    [0.05, '5 %'],
    [0.0502, '5 %'],
    [0.008, '0.8 %'],
    [1.2, '120 %'],
  ])('%d is %s', (ratio, shown) => {
    expect(percent(ratio)).toBe(shown)
  })

  test('a ratio that is nearly all or nearly none is not told as all or none', () => {
    expect(percent(0.99999)).toBe('> 99.9 %')
    expect(percent(0.00001)).toBe('< 0.1 %')
  })
})

test.each([
  [0, '0'],
  [1204, '1,204'],
  [1_234_567, '1,234,567'],
  [0.5, '0.5'],
  [1234.567, '1,234.57'],
  [-1204, '-1,204'],
])('%d counts as %s', (value, shown) => {
  expect(count(value)).toBe(shown)
})

test('a quantity has its unit, a bound its direction, a number its plural', () => {
  expect([
    quantity(1, 'seconds'),
    quantity(1, 'bytes'),
    quantity(1, 'ratio'),
    quantity(1, undefined),
  ]).toEqual(['1 s', '1 B', '100 %', '1'])
  expect([bound({above: 0.95}, 'ratio'), bound({below: 10}, 'count')]).toEqual(['> 95 %', '< 10'])
  expect([plural(1, 'warning'), plural(0, 'warning')]).toEqual(['1 warning', '0 warnings'])
})
