import type {Container, Role} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'

/** A command line of ours that acts on the same target as the one that is running. */
export function hubMon(snapshot: Snapshot, command: string, ...rest: string[]): string[] {
  return ['hub-mon', command, ...rest, ...snapshot.target.flags]
}

export function containersOf(snapshot: Snapshot, role: Role): Container[] {
  return (factsFrom(snapshot.sources.docker)?.containers ?? []).filter(container => container.role === role)
}

export function containerOf(snapshot: Snapshot, role: Role): Container | undefined {
  return containersOf(snapshot, role)[0]
}
