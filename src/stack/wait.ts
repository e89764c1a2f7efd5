import {setTimeout as delay} from 'node:timers/promises'
import type {Finding} from '../report/finding.ts'
import type {Report} from '../report/report.ts'

/** Between the end of one look and the start of the next. */
const pauseMilliseconds = 700

export type Waited = {
  healthy: boolean
  /** The last look; `null` when `stop` ended it before the first. */
  report: Report | null
  /** What was still not well, the cause first. */
  missing: Finding[]
  /** Why waiting longer is of no use; `null` when healthy or out of time. */
  hopeless: string | null
}

/**
 * Looks again and again until all these checks pass, the time is over, or `stop` says that waiting is of no use.
 * Throws the signal's reason.
 */
export async function waitUntilHealthy(options: {
  /** Ids of the checks that must pass. */
  only: readonly string[]
  examine: (only: readonly string[]) => Promise<Report>
  deadlineSeconds: number
  signal: AbortSignal
  onLook?: (missing: readonly Finding[]) => void
  /** Asked after each look that was not well; a reason ends the waiting. */
  stop?: (missing: readonly Finding[]) => Promise<string | null>
}): Promise<Waited> {
  const {only, examine, deadlineSeconds, signal, onLook, stop} = options
  const end = performance.now() + deadlineSeconds * 1000
  for (;;) {
    const report = await examine(only)
    signal.throwIfAborted()
    const missing = report.findings.filter(finding => isMissing(finding, only, report))
    if (missing.length === 0) return {healthy: true, report, missing, hopeless: null}
    onLook?.(missing)
    const hopeless = (await stop?.(missing)) ?? null
    signal.throwIfAborted()
    const left = end - performance.now()
    if (hopeless !== null || left <= 0) return {healthy: false, report, missing, hopeless}
    await delay(Math.min(pauseMilliseconds, left), undefined, {signal}).catch(() => signal.throwIfAborted())
  }
}

/** What is true now, of what was asked for. */
export function titlesOf({report}: Waited, only: readonly string[]): string {
  const asked =
    report?.findings.filter(({check, status}) => only.includes(check) && status !== 'skipped') ?? []
  return asked.map(({title}) => title).join(', ')
}

/**
 * A skipped check has told nothing, and nothing is what a stack that is not up yet tells; where only `docker exec` leads
 * to Redis, it will not tell more however long one waits. A warning is enough to wait for what was asked for (Flower),
 * not for what only came along with it (an old engine).
 */
function isMissing({check, category, status}: Finding, only: readonly string[], {unread}: Report): boolean {
  if (status === 'skipped')
    return (
      only.includes(check) && !unread.some(({source, code}) => source === category && code === 'exec-only')
    )
  return status === 'warning' ? only.includes(check) : status !== 'pass' && status !== 'notice'
}
