import {afterEach, describe, expect, it} from 'vitest'
import {windowOf} from '../../../src/cli/window.ts'
import type {HubError} from '../../../src/errors/hub-error.ts'

const now = Date.parse('2026-11-23T09:00:00Z')
const seconds = now / 1000
const kept = 90 * 86_400
const of = (flags: Parameters<typeof windowOf>[0]) => windowOf(flags, now, kept)

describe('a window', () => {
  it.each([
    ['nothing', {}, undefined],
    ['--since 15m', {since: '15m'}, {from: seconds - 900, to: seconds}],
    ['--since 7d', {since: '7d'}, {from: seconds - 7 * 86_400, to: seconds}],
    ['a date', {since: '2026-11-23T08:00:00Z'}, {from: seconds - 3600, to: seconds}],
    ['durations ago', {from: '2h', to: '1h'}, {from: seconds - 7200, to: seconds - 3600}],
    [
      'two dates, of other time zones',
      {from: '2026-11-23T08:00:00+01:00', to: '2026-11-23T08:30:00Z'},
      {from: seconds - 7200, to: seconds - 1800},
    ],
    ['an end that is to come', {from: '1h', to: '2026-11-24T00:00:00Z'}, {from: seconds - 3600, to: seconds}],
  ])('%s', (_name, flags, window) => {
    expect(of(flags)).toEqual(window)
  })

  it.each([
    ['no time', {since: 'yesterday'}, 'bad-time', '--since wants'],
    ['a file', {from: 'incident.json'}, 'bad-window', 'measured by --saved'],
    ['a word', {from: 'midnight'}, 'bad-time', '--from wants'],
    ['no end', {from: '1h', to: 'now'}, 'bad-time', '--to wants'],
    ['what is to come', {from: '2026-11-24T00:00:00Z'}, 'bad-window', 'in the future'],
    ['the end first', {from: '1h', to: '2h'}, 'bad-window', 'ends before it begins'],
    ['a moment', {since: '2s'}, 'bad-window', '10 s or more'],
    ['what is kept no more', {since: '91d'}, 'bad-window', 'kept for 90 d'],
  ])('is not %s', (_name, flags, code, words) => {
    expect(() => of(flags)).toThrowError(expect.objectContaining({code, exit: 64}) as unknown as HubError)
    expect(() => of(flags)).toThrowError(words)
  })
})

describe('a day, by the clock on the wall', () => {
  const {TZ: zone} = process.env
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it.each([
    ['that loses an hour to daylight saving', '2026-03-29', '2026-03-30', 23],
    ['that gets it back', '2026-10-25', '2026-10-26', 25],
    ['like any other', '2026-11-23', '2026-11-24', 24],
  ])('%s has the hours that have passed', (_name, from, to, hours) => {
    process.env.TZ = 'Europe/Berlin'
    const later = Date.parse(`${to}T12:00:00Z`)
    const window = windowOf({from: `${from}T00:00`, to: `${to}T00:00`}, later, kept)
    expect(window === undefined ? null : (window.to - window.from) / 3600).toBe(hours)
  })
})
