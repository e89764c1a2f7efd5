import {createHash} from 'node:crypto'
import {clean} from '../render/text/clean.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {untilAborted} from '../sources/until-aborted.ts'
import type {Content, IndexEntry, Part} from './entry.ts'

/** A file of text: its last so many bytes. */
export const mostTextBytes = 512 * 1024
/** A document cannot be cut: a larger one is left out. */
export const mostJsonBytes = 32 * 1024 * 1024

export type Assembled = {entry: IndexEntry; text: string | null}

/**
 * Reads all parts at once, each within so many seconds, and only then masks them: what one source knows to be a secret may stand
 * in what another one says. A part that cannot be read is told with the reason. Throws when the signal aborts, and then alone.
 */
export async function assemble(
  parts: readonly Part[],
  {secrets, seconds, signal}: {secrets: Secrets; seconds: number; signal: AbortSignal},
): Promise<Assembled[]> {
  const read = await Promise.all(parts.map(part => contentOf(part, seconds, signal)))
  signal.throwIfAborted()
  return parts.map((part, index) => {
    const content = read[index]
    const {name, what} = part
    const told = {name, what, bytes: null, sha256: null, masked: null, truncated: null, missing: null}
    if (content === undefined || content instanceof SourceError) {
      const {code, message} = content ?? {code: 'unexpected', message: 'it was not read'}
      return {entry: {...told, missing: {code, message: secrets.mask(message)}}, text: null}
    }
    const {text, truncated} = masked(content, part, secrets)
    const bytes = Buffer.byteLength(text)
    if ('json' in content && bytes > mostJsonBytes) {
      const message = `it would have ${bytes} bytes, more than the ${mostJsonBytes} that a bundle takes`
      return {entry: {...told, missing: {code: 'too-large', message}}, text: null}
    }
    const places = text.split('***').length - 1
    return {entry: {...told, bytes, sha256: sha256(text), masked: places, truncated}, text}
  })
}

async function contentOf(
  {name, read}: Part,
  seconds: number,
  signal: AbortSignal,
): Promise<Content | SourceError> {
  const limit = timeLimit(seconds)
  const within = AbortSignal.any([signal, limit])
  try {
    return await untilAborted(read(within), within)
  } catch (error) {
    if (error instanceof SourceError) return error
    if (limit.aborted) return new SourceError('timeout', `${name} could not be had within ${seconds} s`)
    return new SourceError('unexpected', error instanceof Error ? error.message : String(error))
  }
}

function masked(
  content: Content,
  {maskLine}: Part,
  secrets: Secrets,
): {text: string; truncated: string | null} {
  if ('json' in content)
    return {text: `${JSON.stringify(secrets.maskDeep(content.json), null, 2)}\n`, truncated: null}
  const mask = maskLine ?? (line => secrets.mask(line))
  const kept: string[] = []
  let left = mostTextBytes
  for (const line of content.lines.toReversed()) {
    const shown = `${clean(mask(line))}\n`
    left -= Buffer.byteLength(shown)
    if (left < 0) break
    kept.push(shown)
  }
  const cut = kept.length < content.lines.length
  return {
    text: kept.reverse().join(''),
    truncated: cut ? `the last ${kept.length} of ${content.lines.length} lines` : (content.truncated ?? null),
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
