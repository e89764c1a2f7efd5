import {duration} from '../render/text/duration.ts'
import {count, plural} from '../render/text/number.ts'
import {confirmBy, decide, type Evidence} from '../report/finding.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, containerOf, hubMon, lastWords} from './names.ts'

/** A restart takes less. */
const mostGapSeconds = 60
/** Of the events that came in. */
const mostLostRatio = 0.01

export const recorderComplete = defineCheck({
  id: 'recorder.complete',
  category: 'recorder',
  title: 'Nothing was missed lately',
  why: 'What was not seen is not counted: a rate over a window with a gap may be that of its better half.',
  looksAt:
    "The latest window of the history: seconds that nobody saw after the first that somebody did, and events that the nodes' own counts say were lost.",
  confirm: ['hub-mon stats --since 1h', 'docker logs --tail 50 hub-recorder'],
  cure: ['hub-mon restart recorder'],
  severity: 'warning',
  phase: 'running',
  needs: ['history'],
  reads: ['docker'],
  follows: ['recorder.records', 'recorder.room', 'recorder.keeps-up'],
  judge(snapshot, {history: {from, coverage, gapSeconds, total, recorder, sharedNames}}) {
    const seen = coverage.seconds - coverage.missingSeconds
    if (seen === 0) return skip('nothing of the latest window was seen')
    const {missedEvents} = coverage
    const span = duration(secondsSince(from, snapshot.takenAt))
    const evidence: Evidence[] = [
      {label: 'seen', value: seen, unit: 'seconds'},
      {label: 'gap', value: gapSeconds, unit: 'seconds'},
      {label: 'events lost, at least', value: missedEvents},
      {label: 'connections lost since its start', value: recorder?.reconnects ?? null},
    ]
    if (gapSeconds === 0 && missedEvents === 0 && sharedNames.length === 0)
      return pass(`all of the last ${duration(seen)}`, evidence)
    const parts = [
      ...(gapSeconds > 0 ? [`${Math.round(gapSeconds)} s of the last ${span} were not seen`] : []),
      ...(missedEvents > 0 ? [`at least ${plural(missedEvents, 'event')} lost`] : []),
      ...(sharedNames.length > 0
        ? [`${count(sharedNames.length)} node names were borne twice, so that their losses are not known`]
        : []),
    ]
    const isMuch = gapSeconds > mostGapSeconds || missedEvents > total.started * mostLostRatio
    return fail(parts.join('; '), {
      severity: isMuch ? 'warning' : 'notice',
      affects: affectedBy(snapshot, 'recorder'),
      evidence,
      remedies: [
        confirmBy('what is missing', ...hubMon(snapshot, 'stats', '--since', '1h')),
        ...lastWords(containerOf(snapshot, 'recorder')),
        ...(sharedNames.length > 0
          ? [decide('give every node a name of its own: celery worker --hostname worker1@%h')]
          : []),
        decide('what was missed cannot be had again; it leaves the window by itself'),
      ],
    })
  },
})
