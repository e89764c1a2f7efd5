import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {unreadableNodes} from '../snapshot/celery.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {hubMon, redisCli} from './names.ts'

/** Celery's visibility timeout for Redis, and the time in which a node gets round to restoring what is past it. */
const restoredAfterSeconds = 3600 + 100

export const celeryUnacked = defineCheck({
  id: 'celery.unacked',
  category: 'celery',
  title: 'Delivered messages are acknowledged',
  why: 'Messages of a node that died stay delivered until another node restores them, after an hour by default.',
  looksAt: 'Number and age of unacknowledged messages, and whether a node is there to restore them.',
  confirm: [
    'docker exec hub-redis redis-cli HLEN unacked',
    'docker exec hub-redis redis-cli ZRANGE unacked_index 0 0 WITHSCORES',
  ],
  cure: [
    'hub-mon up',
    '# broker_transport_options = {"visibility_timeout": 3600}: longer than the longest task and ETA',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  follows: ['celery.nodes-online'],
  judge(snapshot, {celery}) {
    const {messages, oldestSeconds} = celery.unacked
    if (messages === null) return skip('they could not be counted')
    const held = `${plural(messages, 'message')}${oldestSeconds === null ? '' : `, the oldest since ${duration(oldestSeconds)}`}`
    const orphaned =
      messages > 0 && celery.probe !== null && celery.nodes.length + unreadableNodes(celery) === 0
    const old = messages > 0 && oldestSeconds !== null && oldestSeconds > restoredAfterSeconds
    if (!orphaned && !old) return pass(messages === 0 ? 'none is open' : held)
    const why = orphaned
      ? 'no node is online to finish or restore them'
      : 'past the default visibility timeout'
    return fail(`${held}: ${why}`, {
      // Longer is right where the visibility timeout was raised, and that cannot be seen from here.
      severity: orphaned ? 'warning' : 'notice',
      evidence: [
        {label: 'unacknowledged', value: messages, unit: 'count'},
        {label: 'oldest', value: oldestSeconds, unit: 'seconds', bound: `above ${restoredAfterSeconds} s`},
      ],
      remedies: [
        ...(orphaned && snapshot.target.kind === 'compose'
          ? [cureBy('start a node: it restores them', ...hubMon(snapshot, 'up'))]
          : [
              decide(
                'keep visibility_timeout longer than the longest task and ETA, the same in all applications',
              ),
            ]),
        confirmBy('how many there are', ...redisCli(snapshot, 'HLEN', 'unacked')),
      ],
    })
  },
})
