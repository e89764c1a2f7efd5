import type {Report} from '../../report/report.ts'
import type {SourceId} from '../../snapshot/reading.ts'
import type {Target} from '../../snapshot/snapshot.ts'
import type {View} from '../view.ts'
import {clean} from './clean.ts'

const how: Record<Target['how'], string> = {
  flags: 'by flag',
  environment: 'from the environment',
  configuration: 'from the configuration',
  'compose-file': 'compose file found from here',
  'running-project': 'a running project',
  bundled: 'the bundled stack',
}

/** What is looked at and when: `Project hub, /srv/hub/compose.yml, 2026-11-23 10:31:05 UTC`; at length, how it was found. */
export function targetLine(
  {target, takenAt}: Pick<Report, 'target' | 'takenAt'>,
  view: Pick<View, 'verbosity'>,
): string {
  const named =
    target.kind === 'urls'
      ? 'Hub by its addresses, no Compose project'
      : [`Project ${target.project ?? '(no name)'}`, target.composeFile].filter(Boolean).join(', ')
  const other =
    target.startedFromOther === null ? '' : `; it was started from another file, ${target.startedFromOther}`
  const found = view.verbosity === 'verbose' ? ` (${how[target.how] ?? target.how})` : ''
  return clean(`${named}${found}${other}, ${moment(takenAt)}`)
}

/** `2026-11-23 10:31:05 UTC`; what is no date stays as it is. */
export function moment(iso: string): string {
  const time = Date.parse(iso)
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

const names: Record<SourceId, string> = {
  docker: 'Docker',
  compose: 'Compose',
  host: 'host',
  redis: 'Redis',
  celery: 'Celery',
  results: 'result backend',
  flower: 'Flower',
  finished: 'finished tasks',
  stats: 'Docker stats',
  logs: 'logs',
  history: 'history',
  outside: 'published addresses',
}

export function sourceName(source: SourceId): string {
  return names[source] ?? clean(source)
}

/** `not read: Flower: connection refused`, a line each. */
export function unreadLines(unread: Report['unread']): string[] {
  return unread.map(
    ({source, partial, message}) =>
      `${partial ? 'read in part' : 'not read'}: ${sourceName(source)}: ${clean(message)}`,
  )
}
