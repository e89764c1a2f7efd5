import {cureBy, decide, type Remedy, type Severity} from '../report/finding.ts'
import {isInProduction} from '../snapshot/in-production.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Cause} from './check.ts'
import {hubMon} from './names.ts'

export function inProduction(snapshot: Snapshot): boolean {
  return isInProduction(factsFrom(snapshot.sources.docker)?.containers ?? [])
}

/** What explains a page that is open: a port beside the proxy, which has a finding of its own. */
export const openedBeside: readonly Cause[] = [
  {check: 'flower.exposed', of: 'the-same'},
  {check: 'security.around-the-proxy', of: 'the-same'},
]

/**
 * What a lack of safety weighs: in production as much as it is, elsewhere a warning as soon as other machines reach it, and
 * on one machine alone advice.
 */
export function weightOf(snapshot: Snapshot, severity: Severity, beyondLoopback: boolean): Severity {
  if (inProduction(snapshot)) return severity
  return beyondLoopback ? 'warning' : 'notice'
}

/** What closes a hub: one command where it is the shipped stack, else for whoever wrote its compose file. */
export function closeIt(snapshot: Snapshot, what: string): Remedy[] {
  if (inProduction(snapshot))
    return [cureBy(`make it again as the production file says: ${what}`, ...hubMon(snapshot, 'up'))]
  const file = snapshot.target.composeFile ?? ''
  return file.endsWith('/docker-compose.monitoring.yml')
    ? [cureBy('close it: HTTPS, passwords and a proxy in front', ...hubMon(snapshot, 'up', '--production'))]
    : [decide(`in the compose file, then hub-mon up: ${what}`)]
}
