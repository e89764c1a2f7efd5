import type {CeleryFacts} from '../../snapshot/celery.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {notesOn} from './notes.ts'
import type {Worker} from './rows.ts'

/** What `workers --json` has as `data`: every node by itself, in base units. */
export function workersJson(snapshot: Snapshot, celery: CeleryFacts, workers: readonly Worker[]) {
  return {
    takenAt: snapshot.takenAt,
    target: {...snapshot.target},
    probe:
      celery.probe === null
        ? null
        : {
            subscribers: celery.probe.subscribers,
            seconds: celery.probe.seconds,
            unreadable: celery.probe.unreadable ?? 0,
          },
    nodes: workers.map(({running, ...worker}) => ({
      ...worker,
      running: running?.length ?? null,
      runningTasks: running,
    })),
    registered: celery.registered,
    duplicates: celery.duplicates,
    notes: notesOn(snapshot, celery, workers),
  }
}
