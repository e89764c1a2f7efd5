import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {affectedBy, containerOf, hubMon, lastWords, servicesOf} from './names.ts'

/** It writes every two seconds, and gives up a write that takes fifteen. */
const silentSeconds = 20
/** To start and to find the broker. */
const startSeconds = 30

export const recorderRecords = defineCheck({
  id: 'recorder.records',
  category: 'recorder',
  title: 'The history is kept',
  why: 'Without a recorder the rates are of all time since Flower began, or of a sample of results: they hide what has changed just now.',
  looksAt:
    'What the recorder last wrote of itself, and when by the clock of Redis. A hub that never had one gets a notice.',
  confirm: ['docker logs --tail 20 hub-recorder'],
  cure: ['hub-mon restart recorder', 'hub-mon record --wait 1h   # beside a hub of your own'],
  severity: 'warning',
  phase: 'running',
  needs: ['redis'],
  reads: ['history', 'docker', 'compose'],
  follows: ['redis.reachable', 'redis.writable', {check: 'stack.running', of: 'recorder'}],
  judge(snapshot) {
    const reading = snapshot.sources.history
    if (reading === undefined) return skip('history was not asked')
    if (reading.status === 'unavailable') return unread(snapshot, reading.error)
    const {recorder, endedAt, standby} = reading.value
    if (recorder === null) return silent(snapshot, endedAt)
    const ago = Math.round(recorder.writtenAgoSeconds)
    if (ago > silentSeconds)
      return missing(snapshot, `the recorder on ${recorder.host} has written nothing for ${ago} s`)
    const more = standby === null ? '' : `; another stands by on ${standby.host}`
    return pass(`by the recorder on ${recorder.host}, ${recorder.eventsPerSecond.toFixed(1)} events/s${more}`)
  },
})

function unread(
  snapshot: Snapshot,
  {code, message, because}: {code: string; message: string; because?: string},
): Outcome {
  const container = containerOf(snapshot, 'recorder')
  if (code === 'exec-only')
    return container === undefined
      ? skip(message)
      : fail(`whether it is cannot be seen: ${message}`, {severity: 'notice', remedies: lastWords(container)})
  if (because !== undefined) return skip(`follows from ${because}: ${message}`)
  if (code !== 'no-history')
    return fail(message, {
      affects: affectedBy(snapshot, 'recorder'),
      remedies: [
        decide(
          'look after the Redis that keeps the history where it runs, or correct history.store in the configuration',
        ),
        ...remedies(snapshot),
      ],
    })
  if (container?.state === 'running' && secondsSince(container.startedAt, snapshot.takenAt) < startSeconds)
    return skip(`${container.service} has only just been started`)
  if (servicesOf(snapshot, 'recorder').length > 0)
    return missing(snapshot, 'the recorder of this hub has never written anything')
  return fail("no history is kept: task figures are Flower's since its start, or a sample of the results", {
    severity: 'notice',
    remedies: remedies(snapshot),
  })
}

/** Somebody has recorded here, and does not now. */
function silent(snapshot: Snapshot, endedAt: string | null): Outcome {
  const container = containerOf(snapshot, 'recorder')
  if (container?.state === 'running' && secondsSince(container.startedAt, snapshot.takenAt) < startSeconds)
    return skip(`${container.service} has only just been started`)
  if (servicesOf(snapshot, 'recorder').length > 0)
    return missing(snapshot, 'no recorder has written for a minute')
  if (endedAt === null) return missing(snapshot, 'the recorder has gone without a word')
  return fail(`no history is kept since ${endedAt}, when the recorder was told to end`, {
    severity: 'notice',
    remedies: remedies(snapshot),
  })
}

function missing(snapshot: Snapshot, message: string): Outcome {
  return fail(message, {affects: affectedBy(snapshot, 'recorder'), remedies: remedies(snapshot)})
}

function remedies(snapshot: Snapshot): Remedy[] {
  const container = containerOf(snapshot, 'recorder')
  if (container !== undefined)
    return [
      container.state === 'running'
        ? cureBy('restart it', ...hubMon(snapshot, 'restart', container.service))
        : cureBy('start what is missing', ...hubMon(snapshot, 'up')),
      ...lastWords(container),
    ]
  if (servicesOf(snapshot, 'recorder').length > 0)
    return [cureBy('start what is missing', ...hubMon(snapshot, 'up'))]
  return [
    confirmBy('what is kept', ...hubMon(snapshot, 'stats', '--since', '24h')),
    decide(`run one as a service beside the hub: ${hubMon(snapshot, 'record', '--wait', '1h').join(' ')}`),
  ]
}
