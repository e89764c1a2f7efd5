import {bytes} from '../render/text/bytes.ts'
import {percent} from '../render/text/number.ts'
import {cureBy, decide, type Remedy} from '../report/finding.ts'
import type {RecorderFacts} from '../snapshot/history.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, hubMon} from './names.ts'

/** Of its bound: told before it stops. */
const mostRatio = 0.8

export const recorderRoom = defineCheck({
  id: 'recorder.room',
  category: 'recorder',
  title: 'The history has room',
  why: 'A recorder writes nothing when its history is as large as it may get, nor into a Redis above 80 % of its memory: the queue needs that first.',
  looksAt:
    'The size of the history against history.mostMegabytes, and whether the recorder has stopped writing.',
  confirm: ['hub-mon doctor --only recorder --verbose', 'docker exec hub-redis redis-cli INFO memory'],
  cure: ['HUB_REDIS_MAXMEMORY=512mb HUB_REDIS_MEMORY=1g hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['history'],
  follows: ['redis.memory'],
  judge(snapshot, {history: {recorder}}) {
    if (recorder === null) return skip('no recorder writes')
    const {storeBytes, mostStoreBytes, pausedBecause} = recorder
    const ratio = mostStoreBytes > 0 ? storeBytes / mostStoreBytes : 0
    const told = `${bytes(storeBytes)} of ${bytes(mostStoreBytes)}`
    const evidence = [
      {
        label: 'history',
        value: storeBytes,
        unit: 'bytes' as const,
        bound: `above ${bytes(mostStoreBytes * mostRatio)}`,
      },
    ]
    if (pausedBecause === null && ratio <= mostRatio) return pass(told, evidence)
    return fail(inWords(recorder, told, ratio), {
      severity: pausedBecause === null ? 'notice' : 'warning',
      affects: affectedBy(snapshot, 'recorder'),
      evidence,
      remedies: remedies(snapshot, recorder),
    })
  },
})

function inWords({pausedBecause}: RecorderFacts, told: string, ratio: number): string {
  if (pausedBecause === 'memory') return 'nothing is written: its Redis is above 80 % of its memory'
  return pausedBecause === null
    ? `it is ${percent(ratio)} full (${told})`
    : `nothing is written: it is full (${told})`
}

function remedies(snapshot: Snapshot, {pausedBecause}: RecorderFacts): Remedy[] {
  return [
    pausedBecause === 'memory'
      ? cureBy('what fills Redis', ...hubMon(snapshot, 'doctor', '--only', 'redis,celery'))
      : cureBy('which series there are', ...hubMon(snapshot, 'stats', '--since', '24h')),
    decide(
      pausedBecause === 'memory'
        ? 'give Redis more memory, or the history a Redis of its own (history.store)'
        : 'raise history.mostMegabytes, or keep less (history.buckets)',
    ),
  ]
}
