import type {Reading, ReadingError, SourceId, Timing} from './reading.ts'
import type {FactsOf, Snapshot} from './snapshot.ts'
import {SourceError} from './source-error.ts'

/** What a source gives: its facts, and an error when they are not the whole of it; when they are of, where it was not asked now. */
export type Answer<T> = {value: T; error?: ReadingError; timing?: Timing}

/** Reads one source. Throws a `SourceError` when there is nothing to tell. Must stop when the signal aborts. */
export type Reader<T> = (signal: AbortSignal) => Promise<Answer<T>>
export type Readers = {[K in SourceId]?: Reader<FactsOf[K]>}

export type Deadlines = {
  /** For one source, in seconds. */
  source: number
  /** For all of them, in seconds. */
  total: number
}

/** A reader that was cut off may say in that time whom it waited for. */
const lastWordsSeconds = 0.2

/** Reads all at once, each under its own deadline and all under one. Never throws, but for an aborted signal. */
export async function collect(
  readers: Readers,
  deadlines: Deadlines,
  signal: AbortSignal,
): Promise<Snapshot['sources']> {
  const seconds = Math.min(deadlines.source, deadlines.total)
  const entries = Object.entries(readers).map(
    async ([id, reader]) =>
      [id, await readWithin(reader as Reader<unknown>, id as SourceId, seconds, signal)] as const,
  )
  const readings = await Promise.all(entries)
  signal.throwIfAborted()
  return Object.fromEntries(readings) as Snapshot['sources']
}

async function readWithin<T>(
  reader: Reader<T>,
  source: SourceId,
  seconds: number,
  signal: AbortSignal,
): Promise<Reading<T>> {
  const startedAt = new Date()
  const start = performance.now()
  const own = new AbortController()
  const timing = () => ({
    startedAt: startedAt.toISOString(),
    durationSeconds: (performance.now() - start) / 1000,
  })
  const timeout = new SourceError(
    'timeout',
    `${source} did not answer within ${Number(seconds.toFixed(1))} s`,
  )
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      own.abort()
      timer = setTimeout(() => reject(timeout), lastWordsSeconds * 1000)
    }, seconds * 1000)
  })
  const reading = reader(AbortSignal.any([signal, own.signal])).catch((error: unknown) => {
    throw own.signal.aborted && !saysWhy(error) ? timeout : error
  })
  try {
    const {value, error, timing: earlier} = await Promise.race([reading, late])
    const read = earlier ?? timing()
    return error === undefined
      ? {status: 'fresh', value, ...read}
      : {status: 'partial', value, error, ...read}
  } catch (error) {
    return {status: 'unavailable', error: asReadingError(error), ...timing()}
  } finally {
    clearTimeout(timer)
  }
}

/** What was cut off seldom knows why; who did not answer, or which other source was waited for, it may know. */
function saysWhy(error: unknown): boolean {
  return error instanceof SourceError && (error.code === 'timeout' || error.because !== undefined)
}

function asReadingError(error: unknown): ReadingError {
  if (error instanceof SourceError) return error.toReadingError()
  return {code: 'unexpected', message: error instanceof Error ? error.message : String(error)}
}
