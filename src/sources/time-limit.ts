/** Aborts after so many seconds; of any length, because Node takes whole milliseconds alone. */
export function timeLimit(seconds: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(seconds * 1000))
}
