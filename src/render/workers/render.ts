import type {CeleryFacts} from '../../snapshot/celery.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {alignedGrid} from '../table/aligned.ts'
import {fittedGrid} from '../table/fitted.ts'
import {drawTable} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {plural} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {targetLine} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'
import {detailOf} from './detail.ts'
import {groupsOf} from './groups.ts'
import {notesOn} from './notes.ts'
import type {Worker} from './rows.ts'
import {workersTable} from './table.ts'

export type Shown = {
  snapshot: Snapshot
  celery: CeleryFacts
  workers: readonly Worker[]
  /** `--all`: nothing is put together. */
  all: boolean
}

/** The nodes as a table, then what the table does not say; at length, each with all that it told. */
export async function renderWorkers({snapshot, celery, workers, all}: Shown, view: View): Promise<string> {
  const {faint, warn} = paletteFor(view)
  const room = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const groups = groupsOf(workers, {together: view.fit && !all})
  const grid = view.fit ? await fittedGrid() : alignedGrid
  const title = `${plural(workers.length, 'node')}`
  const shown =
    workers.length === 0
      ? [nobody(celery)]
      : [drawTable(workersTable(groups, title, originOf(celery), view), grid, view)]
  const notes = notesOn(snapshot, celery, workers)
  const grouped = groups.length < workers.length ? ['--all lists every node'] : []
  const below = [
    ...notes.flatMap(note => wrap(clean(note), room).map(line => warn(line))),
    ...grouped.map(line => faint(line)),
  ]
  return `${[
    ...(view.verbosity === 'quiet' ? [] : [wrap(targetLine(snapshot, view), room).map(faint).join('\n')]),
    ...shown,
    ...(view.verbosity === 'verbose' ? workers.map(worker => detailOf(worker, celery.registered, view)) : []),
    ...(below.length === 0 ? [] : [below.join('\n')]),
  ].join('\n\n')}\n`
}

function originOf({probe}: CeleryFacts): string {
  return probe === null ? 'known to Redis; not asked' : `asked within ${duration(probe.seconds)}`
}

function nobody({probe}: CeleryFacts): string {
  return probe === null ? 'No node is known to Redis.' : 'No node is connected to Redis.'
}
