import {duration} from '../render/text/duration.ts'
import {percent} from '../render/text/number.ts'
import {decide, type Evidence} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, containerOf, lastWords} from './names.ts'

const mostLagSeconds = 5
/** Of the memory of its container. */
const mostMemoryRatio = 0.85

export const recorderKeepsUp = defineCheck({
  id: 'recorder.keeps-up',
  category: 'recorder',
  title: 'The recorder keeps up with the events',
  why: 'Redis closes the connection of a listener that is too far behind, and what was waiting in it is lost.',
  looksAt:
    'What the recorder says of itself: how long Redis takes to answer behind the events that wait, events a second, memory against the limit of its container.',
  confirm: ['docker stats --no-stream hub-recorder'],
  cure: ['HUB_RECORDER_MEMORY=512m hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['history'],
  reads: ['docker'],
  judge(snapshot, {history: {recorder}}) {
    if (recorder === null) return skip('no recorder writes')
    const {lagSeconds, eventsPerSecond, rssBytes, inFlight} = recorder
    const container = containerOf(snapshot, 'recorder')
    // One that runs elsewhere has another limit, or none.
    const limit = container?.hostname === recorder.host ? container.limits.memoryBytes : null
    const evidence: Evidence[] = [
      {label: 'behind', value: lagSeconds, unit: 'seconds'},
      {label: 'events a second', value: eventsPerSecond},
      {label: 'tasks in flight', value: inFlight},
      {label: 'memory', value: rssBytes, unit: 'bytes'},
    ]
    const late = lagSeconds > mostLagSeconds
    const full = limit !== null && rssBytes > limit * mostMemoryRatio
    if (!late && !full)
      return pass(`${duration(lagSeconds)} behind, at ${eventsPerSecond.toFixed(1)} events/s`, evidence)
    const parts = [
      ...(late ? [`it is ${duration(lagSeconds)} behind, at ${Math.round(eventsPerSecond)} events/s`] : []),
      ...(full ? [`it uses ${percent(rssBytes / limit)} of the memory of its container`] : []),
    ]
    return fail(parts.join('; '), {
      affects: affectedBy(snapshot, 'recorder'),
      evidence,
      remedies: [
        ...lastWords(container),
        decide(
          full
            ? 'give it more memory: HUB_RECORDER_MEMORY=512m hub-mon up'
            : 'give it a CPU of its own: it uses one; a Redis or a network that is slow holds it up, too',
        ),
      ],
    })
  },
})
