import type {Sample} from '../metrics/metric.ts'
import {newestFailures} from '../metrics/task-figures.ts'
import {duration} from '../render/text/duration.ts'
import type {Evidence} from '../report/finding.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'

/** The task type of a sample; the one without a label is of all together. */
export function taskOrAll({labels}: Sample): string {
  return labels.task ?? 'all tasks'
}

/** What a task failed with last, and when; nothing where no source tells. */
export function newestFailure(snapshot: Snapshot): Evidence[] {
  const [newest] = newestFailures(snapshot)
  if (newest === undefined) return []
  const when = newest.at === null ? '' : `, ${duration(secondsSince(newest.at, snapshot.takenAt))} ago`
  return [
    {
      label: `newest exception${newest.task === null ? '' : ` of ${newest.task}`}`,
      value: `${newest.exception}${when}`,
    },
  ]
}

/** ` in the last 15 min (recorder)`; nothing where a source counts since a start of its own. */
export function inWindow(sample: Sample | undefined, {takenAt}: Snapshot): string {
  if (sample === undefined || sample.source !== 'history' || sample.since === null) return ''
  const seen = sample.incomplete ? 'recorder, with gaps' : 'recorder'
  return ` in the last ${duration(secondsSince(sample.since, takenAt))} (${seen})`
}
