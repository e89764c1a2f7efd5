import {evaluate} from '../metrics/evaluate.ts'
import {redisMemoryRatio} from '../metrics/redis-memory-ratio.ts'
import {bytes} from '../render/text/bytes.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, skip} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {affectedBy, redisCli} from './names.ts'

export const redisMemory = defineCheck({
  id: 'redis.memory',
  category: 'redis',
  title: 'Redis has memory to spare',
  why: 'At its limit Redis refuses writes; without a limit the kernel kills it.',
  looksAt: "The metric redis_memory_ratio: used memory over maxmemory, else over its container's limit.",
  confirm: ['docker exec hub-redis redis-cli INFO memory', 'docker exec hub-redis redis-cli MEMORY DOCTOR'],
  cure: ['docker exec hub-redis redis-cli CONFIG SET maxmemory 512mb   # and in the compose file'],
  severity: 'warning',
  phase: 'running',
  metric: 'redis_memory_ratio',
  needs: ['redis'],
  reads: ['docker'],
  follows: ['redis.writable'],
  judge(snapshot, {redis}) {
    const {usedBytes, maxBytes} = redis.memory
    const samples = evaluate(redisMemoryRatio, snapshot)
    if (usedBytes === null) return skip('Redis does not tell its memory (INFO)')
    if (samples.every(({value}) => value === null))
      return fail(`${bytes(usedBytes)} used, and no limit is set: the kernel's is the only one`, {
        severity: 'notice',
        affects: affectedBy(snapshot, 'redis'),
        evidence: [{label: 'used', value: usedBytes, unit: 'bytes'}],
        remedies: [decide('set --maxmemory in the compose file, with --maxmemory-policy noeviction')],
      })
    return judgeSamples(samples, {
      subject: () => affectedBy(snapshot, 'redis')[0] ?? 'redis',
      say: ({value, note}) => `${percent(value ?? 0)} ${note ?? `of ${bytes(maxBytes ?? 0)} used`}`,
      pass: ([sample]) => `${percent(sample?.value ?? 0)} ${sample?.note ?? `of ${bytes(maxBytes ?? 0)}`}`,
      remedies: () => [
        confirmBy('who uses it', ...redisCli(snapshot, 'MEMORY', 'DOCTOR')),
        ...(maxBytes === null
          ? []
          : [
              cureBy(
                'give it room until its next start',
                ...redisCli(snapshot, 'CONFIG', 'SET', 'maxmemory', String(maxBytes * 2)),
              ),
            ]),
        decide('work off the queues, lower result_expires, pass ids instead of data'),
      ],
    })
  },
})
