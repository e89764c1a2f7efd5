import type {ReadingError, SourceId} from './reading.ts'

/** A source's own word for why it could not be read; `collect` turns it into an unavailable Reading. */
export class SourceError extends Error {
  readonly code: string
  readonly because: SourceId | undefined

  constructor(code: string, message: string, because?: SourceId) {
    super(message)
    this.name = 'SourceError'
    this.code = code
    this.because = because
  }

  toReadingError(): ReadingError {
    return {
      code: this.code,
      message: this.message,
      ...(this.because === undefined ? {} : {because: this.because}),
    }
  }
}
