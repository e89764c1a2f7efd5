/** Node 20 keeps nothing alive that a signal of `AbortSignal.any` waits for: what is collected never aborts. */
const pending = new Set<AbortSignal>()

/** Aborts after so many seconds; of any length, because Node takes whole milliseconds alone. Holds up no exit. */
export function timeLimit(seconds: number): AbortSignal {
  const limit = AbortSignal.timeout(Math.ceil(seconds * 1000))
  pending.add(limit)
  limit.addEventListener('abort', () => pending.delete(limit), {once: true})
  return limit
}
