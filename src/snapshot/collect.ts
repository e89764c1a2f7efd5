import type {Reading, ReadingError, SourceId} from './reading.ts'
import type {FactsOf, Snapshot} from './snapshot.ts'
import {SourceError} from './source-error.ts'

/** What a source gives: its facts, and an error when they are not the whole of it. */
export type Answer<T> = {value: T; error?: ReadingError}

/** Reads one source. Throws a `SourceError` when there is nothing to tell. Must stop when the signal aborts. */
export type Reader<T> = (signal: AbortSignal) => Promise<Answer<T>>
export type Readers = {[K in SourceId]?: Reader<FactsOf[K]>}

export type Deadlines = {
  /** For one source, in seconds. */
  source: number
  /** For all of them, in seconds. */
  total: number
}

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
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new SourceError('timeout', `${source} did not answer within ${Number(seconds.toFixed(1))} s`))
      own.abort()
    }, seconds * 1000)
  })
  try {
    const answer = await Promise.race([reader(AbortSignal.any([signal, own.signal])), late])
    return answer.error === undefined
      ? {status: 'fresh', value: answer.value, ...timing()}
      : {status: 'partial', value: answer.value, error: answer.error, ...timing()}
  } catch (error) {
    return {status: 'unavailable', error: asReadingError(error), ...timing()}
  } finally {
    clearTimeout(timer)
  }
}

function asReadingError(error: unknown): ReadingError {
  if (error instanceof SourceError) return error.toReadingError()
  return {code: 'unexpected', message: error instanceof Error ? error.message : String(error)}
}
