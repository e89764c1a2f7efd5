import {decide, type Remedy} from '../report/finding.ts'
import type {Obstacle} from '../snapshot/host.ts'

/** What keeps a service's container from being made or started, and what a person has to do about it. */
export type InTheWay = {what: string; decision: string}

export function inTheWay(obstacle: Obstacle): InTheWay {
  if ('image' in obstacle)
    return {
      what: `its image ${obstacle.image} is not here`,
      decision: `pull or build ${obstacle.image}, or correct its name in the compose file`,
    }
  if ('volume' in obstacle)
    return {
      what: `its external volume ${obstacle.volume} is not here`,
      decision: `make it again from a backup, or empty (docker volume create ${obstacle.volume}), or correct its name in the compose file`,
    }
  return {
    what: `its name ${obstacle.container} is taken by a container of ${obstacle.project ?? 'no project'}`,
    decision: `give that container another name, if it is needed (docker rename ${obstacle.container} ${obstacle.container}-old), or remove it`,
  }
}

/** Once each: two services may want the same volume. */
export function decisionsOn(obstacles: readonly InTheWay[]): Remedy[] {
  return [...new Set(obstacles.map(({decision}) => decision))].map(decision => decide(decision))
}
