/** What a judged check says. Advice (`notice`) never touches the verdict; `unknown` and `skipped` are never a pass. */
export type FindingStatus = 'critical' | 'unknown' | 'warning' | 'notice' | 'skipped' | 'pass'

/** Whether it counts for the verdict. */
export function isProblem(status: FindingStatus): boolean {
  return status === 'critical' || status === 'unknown' || status === 'warning'
}

export type Severity = 'critical' | 'warning' | 'notice'
export type Unit = 'seconds' | 'bytes' | 'ratio' | 'count'

/** A figure or word that the judgement rests on. */
export type Evidence = {
  label: string
  value: string | number | boolean | null
  unit?: Unit
  /** The bound it was held against, in words: `above 10`. */
  bound?: string
}

/** What carrying a remedy out can lose: tasks that run, acknowledged early as Celery does by default, or what Redis has not saved. */
export type Risk = 'running-tasks' | 'unsaved-data'

/** How `doctor --fix` carries a remedy out. The check that offers the remedy says it; it is never read from the command. */
export type Fix =
  /** Starts what is stopped or missing, and leaves what runs as it is. */
  | {does: 'start'}
  | {
      does: 'restart'
      service: string
      risks: Risk | null
      /** How long it may still come by itself, in seconds: so long it is left alone. */
      mayComeInSeconds: number
    }
  | {does: 'unpause'; container: string}
  | {does: 'attach'; container: string; network: string; alias: string}
  /** A command of Redis that takes away only what nobody waits for. */
  | {does: 'clean'; words: string[]}

export type Remedy = {
  /** What typing it does. */
  text: string
  /** `confirm` looks closer and changes nothing; `cure` mends. */
  kind: 'confirm' | 'cure'
  /** Words of the command line, unquoted; absent when it is a person's decision. */
  command?: string[]
  /** Absent where it is for a person to carry out. */
  fix?: Fix
}

export type Finding = {
  /** `category.name`, never renamed. */
  check: string
  category: string
  /** Says what is true when all is well. */
  title: string
  status: FindingStatus
  message: string
  evidence: Evidence[]
  /** Services, queues, nodes or tasks. */
  affects: string[]
  remedies: Remedy[]
  /** Page of the documentation: `docs/checks/redis.reachable.md`. */
  docs: string
  /** The nearest check that this one only follows from, or for want of whose source it was skipped. Never leads back here. */
  becauseOf?: string
}

export const confirmBy = (text: string, ...command: string[]): Remedy => ({text, kind: 'confirm', command})
export const cureBy = (text: string, ...command: string[]): Remedy => ({text, kind: 'cure', command})
export const fixedBy = (fix: Fix, remedy: Remedy): Remedy => ({...remedy, fix})
export const decide = (text: string): Remedy => ({text, kind: 'cure'})
