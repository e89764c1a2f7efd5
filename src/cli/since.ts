import {parseDuration} from '../config/duration.ts'
import {HubError} from '../errors/hub-error.ts'

/** Seconds since 1970 of `10m` (that long ago) or of a date. Throws a `HubError` (64). */
export function parseSince(text: string, nowMilliseconds: number, flag = '--since'): number {
  const ago = parseDuration(text)
  if (ago !== null) return nowMilliseconds / 1000 - ago
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time / 1000
  throw new HubError('usage', 'bad-time', `${flag} wants a duration or a date, not ${JSON.stringify(text)}`, {
    suggestions: [`${flag} 10m`, `${flag} 2026-11-23T10:00:00Z`],
  })
}
