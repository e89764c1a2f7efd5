import {exitCodes} from '../errors/exit-codes.ts'
import type {Verdict} from '../report/report.ts'

export const failOnLevels = ['warning', 'critical', 'never'] as const
export type FailOn = (typeof failOnLevels)[number]

/** `critical` forgives a warning; `never` forgives everything. */
export function exitCodeFor(verdict: Verdict, failOn: FailOn): number {
  if (verdict === 'ok' || failOn === 'never') return exitCodes.done
  if (verdict === 'warning' && failOn === 'critical') return exitCodes.done
  return exitCodes[verdict]
}
