/** Age in seconds at the moment the snapshot was taken; infinite for what has never been. */
export function secondsSince(at: string | null, takenAt: string): number {
  if (at === null) return Number.POSITIVE_INFINITY
  // What began while the snapshot was taken is new, not of the future.
  return Math.max(0, (Date.parse(takenAt) - Date.parse(at)) / 1000)
}
