/** One file of a bundle as the index tells of it. */
export type IndexEntry = {
  /** Its place in the archive: `logs/celery-worker.log`. */
  name: string
  /** What it holds, for people. */
  what: string
  /** `null` when it is not there. */
  bytes: number | null
  sha256: string | null
  /** Places that were masked; what had to be left out to begin with is not counted. `null` when it is not there. */
  masked: number | null
  /** What was left out of it, for people; `null` when it is whole. */
  truncated: string | null
  /** Why it is not there; `null` when it is. */
  missing: {code: string; message: string} | null
}

/** A file of a bundle before it is masked: JSON, or lines of text of which the last are kept when they are too many. */
export type Content = {json: unknown} | {lines: readonly string[]; truncated?: string | null}

export type Part = Pick<IndexEntry, 'name' | 'what'> & {
  /** May hold secrets: what comes out of it goes through the one gate. Throws a `SourceError` for what cannot be read. */
  read: (within: AbortSignal) => Promise<Content>
  /** Masks a line of text; `Secrets.mask` when absent. */
  maskLine?: (line: string) => string
}
