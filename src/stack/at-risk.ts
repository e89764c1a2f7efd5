import type {Fix} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {canBeLost, foretell, nodesIn} from './lost-tasks.ts'

export type AtRisk = {
  /** Tasks or messages that can be lost; `null` when it cannot be told how many, 0 for none. */
  count: number | null
  /** Whether it wants to be allowed by name. */
  loses: boolean
  /** A sentence each. */
  says: string[]
}

const nothing: AtRisk = {count: 0, loses: false, says: []}

/** What carrying this out can lose, by what was seen of the hub just before. */
export function atRisk(fix: Fix, snapshot: Snapshot, graceSeconds: number): AtRisk {
  if (fix.does !== 'restart' || fix.risks === null) return nothing
  const containers = (factsFrom(snapshot.sources.docker)?.containers ?? []).filter(
    ({service}) => service === fix.service,
  )
  return fix.risks === 'running-tasks'
    ? runningTasks(snapshot, containers, graceSeconds)
    : unsavedData(snapshot, containers)
}

/** A node that does not answer is not doing its work: what it may run is said, and does not forbid to start it again. */
function runningTasks(snapshot: Snapshot, containers: readonly Container[], graceSeconds: number): AtRisk {
  const celery = factsFrom(snapshot.sources.celery) ?? null
  const own = celery === null ? null : nodesIn(containers, celery)
  const count = own === null || own.probe === null ? null : canBeLost(own)
  return {count, loses: (count ?? 0) > 0, says: foretell(own, graceSeconds)}
}

/** What Redis holds outlives its restart if it is in the file that Redis appends to; else only what was there at the last save. */
function unsavedData({sources}: Snapshot, containers: readonly Container[]): AtRisk {
  const persistence = factsFrom(sources.redis)?.persistence
  const appends =
    persistence?.aof == null
      ? containers.every(({command}) => /--appendonly\s+yes/.test(command.join(' ')))
      : persistence.aof && persistence.aofLastWriteOk !== false
  if (appends)
    return {...nothing, says: ['Redis appends what it takes to a file: at most its last second is lost.']}
  const celery = factsFrom(sources.celery)
  const messages =
    celery === undefined
      ? null
      : celery.queues.reduce((sum, {ready}) => sum + ready, celery.unacked.messages ?? 0)
  const many = messages === null ? 'how many messages it holds could not be told' : `it holds ${messages}`
  return {
    count: messages,
    loses: messages !== 0,
    says: [
      `Redis is not known to keep a file of what it takes: messages since its last save are lost; ${many}.`,
    ],
  }
}
