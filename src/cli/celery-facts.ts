import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import type {CeleryFacts, FinishedFacts} from '../snapshot/celery.ts'
import type {FactsOf, Snapshot} from '../snapshot/snapshot.ts'

type Read = Pick<Snapshot, 'sources' | 'target'>

/** What Celery said; throws a `HubError` (69) that says why nothing could be asked. A partial answer warns by `tell`. */
export function celeryFactsOf(snapshot: Read, tell: (warning: string) => void): CeleryFacts {
  return factsOf('celery', 'Celery was not asked', snapshot, tell)
}

/** What has ended; throws a `HubError` (69) that says why nobody tells. */
export function finishedFactsOf(snapshot: Read, tell: (warning: string) => void): FinishedFacts {
  return factsOf('finished', 'nobody was asked what has ended', snapshot, tell)
}

function factsOf<K extends 'celery' | 'finished'>(
  source: K,
  notAsked: string,
  {sources, target}: Read,
  tell: (warning: string) => void,
): FactsOf[K] {
  const reading = sources[source]
  if (reading === undefined || reading.status === 'unavailable') {
    const {code, message} = reading?.error ?? {code: 'not-read', message: notAsked}
    throw new HubError('unavailable', code, message, {
      detail: code === 'timeout' ? 'on a machine that is busy, --timeout 15s gives it longer' : null,
      suggestions: [commandLine(['hub-mon', 'doctor', ...target.flags])],
    })
  }
  if (reading.status === 'partial') tell(`Read in part: ${reading.error.message}`)
  return reading.value
}
