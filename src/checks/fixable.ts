import {cureBy, fixedBy, type Remedy, type Risk} from '../report/finding.ts'
import type {Container, Role} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {hubMon} from './names.ts'

/** Remedies that `doctor --fix` may carry out by itself: each here starts, or starts again, what does no work as it is. */

const risks: Partial<Record<Role, Risk>> = {worker: 'running-tasks', redis: 'unsaved-data'}

/** For what is stopped, or has no container. */
export function startAgain(snapshot: Snapshot, text: string): Remedy {
  return fixedBy({does: 'start'}, cureBy(text, ...hubMon(snapshot, 'up')))
}

/** For what runs and is of no use so. `mayComeInSeconds`: how long it may still come by itself. */
export function restartAgain(
  snapshot: Snapshot,
  service: string,
  text: string,
  mayComeInSeconds = 0,
): Remedy {
  const containers = factsFrom(snapshot.sources.docker)?.containers ?? []
  const role = containers.find(container => container.service === service)?.role ?? null
  return fixedBy(
    {does: 'restart', service, risks: role === null ? null : (risks[role] ?? null), mayComeInSeconds},
    cureBy(text, ...hubMon(snapshot, 'restart', service)),
  )
}

export function unpause({name}: Container): Remedy {
  return fixedBy({does: 'unpause', container: name}, cureBy(`let ${name} go on`, 'docker', 'unpause', name))
}

/** To the network that its neighbours are on, under the name that they know it by. */
export function attach({name: container, service: alias}: Container, network: string): Remedy {
  return fixedBy(
    {does: 'attach', container, network, alias},
    cureBy(
      `attach ${container} again`,
      ...['docker', 'network', 'connect', '--alias', alias, network, container],
    ),
  )
}
