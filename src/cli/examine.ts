import type {Check} from '../checks/check.ts'
import {judgeAll} from '../checks/judge.ts'
import {select} from '../checks/select.ts'
import {evaluate} from '../metrics/evaluate.ts'
import {metricsOf} from '../metrics/registry.ts'
import {buildReport} from '../report/build.ts'
import type {Report} from '../report/report.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Hub} from './hub.ts'

/** Judges and measures a snapshot; nothing is read. */
export function report(snapshot: Snapshot, checks: readonly Check[]): Report {
  const samples = metricsOf(snapshot).flatMap(metric => evaluate(metric, snapshot))
  return buildReport(snapshot, judgeAll(checks, snapshot), samples)
}

/** Looks at the hub and judges these checks: for commands that act and want to know whether it helped. */
export function examiner(hub: Hub): (only: string[]) => Promise<Report> {
  return async only => {
    const {checks, sources, celery} = select({only, skip: [], phase: 'running'})
    return report(await hub.look(sources, {celery}), checks)
  }
}
