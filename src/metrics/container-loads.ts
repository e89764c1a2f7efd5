import type {ContainerStats} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Measurement} from './metric.ts'

/** One measurement a container that was measured, of the moment; the note says what it is a share of. */
export function perContainer(
  {sources}: Snapshot,
  measure: (container: ContainerStats) => {value: number | null; note: string},
): Measurement[] {
  return (factsFrom(sources.stats)?.containers ?? []).map(container => ({
    labels: {container: container.name},
    source: 'stats',
    since: null,
    samples: null,
    ...measure(container),
  }))
}
