import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy} from '../report/finding.ts'
import {defineCheck, fail, pass} from './check.ts'
import {hubMon, listed} from './names.ts'

export const celeryTakenAway = defineCheck({
  id: 'celery.taken-away',
  category: 'celery',
  title: 'No purge was broken off',
  why: 'Messages that a purge took out of their queue lie aside until they are put back: no node runs them meanwhile.',
  looksAt: 'Lists that queues purge and queues restore keep messages in while they work.',
  confirm: ['hub-mon queues'],
  cure: ['hub-mon queues restore'],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  judge(snapshot, {celery: {takenAway = []}}) {
    if (takenAway.length === 0) return pass('nothing lies aside')
    const queues = [...new Set(takenAway.map(({queue}) => queue))]
    const messages = takenAway.some(taken => taken.messages === null)
      ? null
      : takenAway.reduce((sum, taken) => sum + (taken.messages ?? 0), 0)
    const what = messages === null ? 'messages' : plural(messages, 'message')
    return fail(
      `${what} of ${listed(queues)} lie aside: a purge or a restore was broken off, or is at work`,
      {
        affects: queues,
        evidence: takenAway.map(({queue, messages: many, at}) => ({
          label: at === null ? queue : `${queue}, taken at ${at}`,
          value: many,
          unit: 'count',
        })),
        remedies: [
          cureBy('put them back', ...hubMon(snapshot, 'queues', 'restore')),
          confirmBy('what lies where', ...hubMon(snapshot, 'queues')),
        ],
      },
    )
  },
})
