import {setTimeout as pause} from 'node:timers/promises'

const pauseMilliseconds = 200

/** Asks again until it is so, or the time is over; false then. Throws when interrupted. */
export async function untilTrue(
  seconds: number,
  signal: AbortSignal,
  ask: () => Promise<boolean>,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    if (await ask()) return true
    if (performance.now() >= end) return false
    await pause(pauseMilliseconds, undefined, {signal}).catch(() => {})
    signal.throwIfAborted()
  }
}
