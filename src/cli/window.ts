import {HubError} from '../errors/hub-error.ts'
import {duration} from '../render/text/duration.ts'
import type {Window} from './history-reader.ts'
import {parseSince} from './since.ts'

/** As typed: each a duration (that long ago) or a date. */
export type WindowFlags = {since?: string | undefined; from?: string | undefined; to?: string | undefined}

/** Shorter than the finest buckets are by default. */
const leastSeconds = 10

/** The window that the flags name; `undefined` when they name none. `keptSeconds`: how long history is kept. Throws a `HubError` (64). */
export function windowOf(
  {since, from, to}: WindowFlags,
  nowMilliseconds: number,
  keptSeconds: number,
): Window | undefined {
  const [begin, flag] = since === undefined ? [from, '--from'] : [since, '--since']
  if (begin === undefined) return undefined
  const refused = (why: string, ...suggestions: string[]) =>
    new HubError('usage', 'bad-window', why, {suggestions})
  if (begin.endsWith('.json'))
    throw refused(`${flag} wants a time; a saved snapshot is measured by --saved`, `--saved ${begin}`)
  const now = nowMilliseconds / 1000
  const window = {
    from: parseSince(begin, nowMilliseconds, flag),
    to: to === undefined ? now : Math.min(now, parseSince(to, nowMilliseconds, '--to')),
  }
  if (window.from > now) throw refused(`${flag} ${begin} is in the future`, `${flag} 15m`)
  if (window.to - window.from < leastSeconds)
    throw refused(
      window.to <= window.from
        ? `the window ends before it begins: ${flag} ${begin}${to === undefined ? '' : ` --to ${to}`}`
        : `a window has ${leastSeconds} s or more`,
      '--since 15m',
      '--from 2h --to 1h',
    )
  if (now - window.from > keptSeconds)
    throw refused(
      `history is kept for ${duration(keptSeconds)}, and ${flag} ${begin} is before that`,
      `${flag} 7d`,
    )
  return window
}
