/** Something to do, with a title that is shown while and after it is done. Knows nothing of how it is shown. */
export type Step = {
  title: string
  /** Throws a `HubError` when it cannot be done; the steps after it are not tried then. */
  run(report: StepReport): Promise<void>
}

export type StepReport = {
  /** What it is at, now. Shown while it lasts. */
  at(text: string): void
  /** What came of it; stays. */
  done(text: string): void
  /** There was nothing to do, and why; stays. */
  skipped(text: string): void
  /** Something that must not be missed; stays. */
  warn(text: string): void
}
