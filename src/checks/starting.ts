import {cureBy, type Remedy} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {containersOf, hubMon} from './names.ts'

/** To import the application and to connect; what was started less long ago may still be on its way. */
const startSeconds = 30

export function isStarting({state, startedAt}: Container, {takenAt}: Snapshot): boolean {
  return state === 'running' && secondsSince(startedAt, takenAt) < startSeconds
}

/** A worker that lost Redis tries again within half a minute after it is back; then it mostly never does (Celery 5.2). */
const reconnectSeconds = 45

/** How long a service may still come by itself, in seconds: it was only just started. */
export function mayStillStart(snapshot: Snapshot, service: string): number {
  return left(snapshot, startSeconds, one => one.service === service)
}

/** The same of a worker that is not there: its Redis may only just have been started. */
export function mayStillConnect(snapshot: Snapshot, service: string): number {
  return Math.max(
    mayStillStart(snapshot, service),
    left(snapshot, reconnectSeconds, ({role}) => role === 'redis'),
  )
}

function left(snapshot: Snapshot, seconds: number, of: (container: Container) => boolean): number {
  const started = (factsFrom(snapshot.sources.docker)?.containers ?? []).filter(
    container => container.state === 'running' && of(container),
  )
  return Math.max(
    0,
    ...started.map(({startedAt}) => Math.ceil(seconds - secondsSince(startedAt, snapshot.takenAt))),
  )
}

/** A worker that has only just been started may come by itself. */
export function giveItTime(snapshot: Snapshot): Remedy[] {
  return containersOf(snapshot, 'worker').some(container => isStarting(container, snapshot))
    ? [cureBy('give it time', ...hubMon(snapshot, 'doctor', '--wait', '60s'))]
    : []
}
