/** What Celery's own warm shutdown gets before the engine kills it, in seconds. */
export const usualGraceSeconds = 60

/** `-t` of Compose; nothing where no node is among the services: their own `stop_grace_period` stands. */
export function stopTimeout(graceSeconds: number | null, workers: boolean): string[] {
  const seconds = graceSeconds ?? (workers ? usualGraceSeconds : null)
  return seconds === null ? [] : ['-t', String(Math.ceil(seconds))]
}
