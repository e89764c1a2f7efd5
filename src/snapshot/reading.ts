/** The places that are read. One folder under `sources/` each, or a part of one. */
export const sourceIds = [
  'docker',
  'compose',
  'host',
  'redis',
  'celery',
  'results',
  'flower',
  'finished',
  'stats',
  'logs',
  'history',
  'outside',
] as const
export type SourceId = (typeof sourceIds)[number]

/** Why a source could not be read, or not wholly. */
export type ReadingError = {
  /** Stable and lower case, e.g. `refused`, `timeout`, `wrong-password`. */
  code: string
  /** One sentence for people; secrets already masked. */
  message: string
  /** The other source whose failure this one only follows from. */
  because?: SourceId
}

export type Timing = {
  /** ISO 8601, UTC. */
  startedAt: string
  durationSeconds: number
}

/** One source's answer. Reading never throws: what went wrong is part of the answer. */
export type Reading<T> =
  | ({status: 'fresh'; value: T} & Timing)
  | ({status: 'partial'; value: T; error: ReadingError} & Timing)
  | ({status: 'unavailable'; error: ReadingError} & Timing)

/** The value, whole or partial; `undefined` when the source was not read or not readable. */
export function factsFrom<T>(reading: Reading<T> | undefined): T | undefined {
  return reading === undefined || reading.status === 'unavailable' ? undefined : reading.value
}
