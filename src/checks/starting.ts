import {cureBy, type Remedy} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {containersOf, hubMon} from './names.ts'

/** To import the application and to connect; what was started less long ago may still be on its way. */
const startSeconds = 30

export function isStarting({state, startedAt}: Container, {takenAt}: Snapshot): boolean {
  return state === 'running' && secondsSince(startedAt, takenAt) < startSeconds
}

/** A worker that has only just been started may come by itself. */
export function giveItTime(snapshot: Snapshot): Remedy[] {
  return containersOf(snapshot, 'worker').some(container => isStarting(container, snapshot))
    ? [cureBy('give it time', ...hubMon(snapshot, 'doctor', '--wait', '60s'))]
    : []
}
