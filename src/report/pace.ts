import type {Coverage, HistoryFacts, WindowFigures} from '../snapshot/history.ts'

/** Tasks that came to an end of their own: that succeeded or failed. */
export function finishedOf({succeeded, failed}: WindowFigures): number {
  return succeeded + failed
}

/** Finished tasks a second of the time that was seen; `null` where nothing of it was. */
export function pace(figures: WindowFigures, {seconds, missingSeconds}: Coverage): number | null {
  const seen = seconds - missingSeconds
  return seen < 1 ? null : finishedOf(figures) / seen
}

/**
 * Pace over that of the window before: 2 is twice as many. `null` where that was not seen, or had none: from nothing no ratio
 * leads. `previous` is absent for a task type that was not there then.
 */
export function trendOf(
  {coverage, before}: Pick<HistoryFacts, 'coverage' | 'before'>,
  figures: WindowFigures,
  previous: WindowFigures | undefined,
): number | null {
  if (before === null || previous === undefined) return null
  const [now, then] = [pace(figures, coverage), pace(previous, before.coverage)]
  return now === null || then === null || then === 0 ? null : now / then
}
