import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'

/** What Celery said; throws a `HubError` (69) that says why nothing could be asked. A partial answer warns by `tell`. */
export function celeryFactsOf({sources, target}: Snapshot, tell: (warning: string) => void): CeleryFacts {
  const reading = sources.celery
  if (reading === undefined || reading.status === 'unavailable') {
    const {code, message} = reading?.error ?? {code: 'not-read', message: 'Celery was not asked'}
    throw new HubError('unavailable', code, message, {
      suggestions: [commandLine(['hub-mon', 'doctor', ...target.flags])],
    })
  }
  if (reading.status === 'partial') tell(`Read in part: ${reading.error.message}`)
  return reading.value
}
