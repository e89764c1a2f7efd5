import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, containerOf, redisCli} from './names.ts'

/** Docker's name of a volume that nobody named: it goes with its container. */
const anonymous = /^[0-9a-f]{64}$/

export const redisPersistence = defineCheck({
  id: 'redis.persistence',
  category: 'redis',
  title: 'Redis keeps its data',
  why: 'Waiting tasks live in Redis alone: without persistence and a volume, a restart or a new container loses them.',
  looksAt: 'AOF and save points, and whether /data lies on a named volume or a directory of the host.',
  confirm: [
    'docker exec hub-redis redis-cli INFO persistence',
    'docker inspect --format "{{json .Mounts}}" hub-redis',
  ],
  cure: [
    'docker exec hub-redis redis-cli CONFIG SET appendonly yes   # and in the compose file',
    '# a named volume on /data in the compose file, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['redis'],
  reads: ['docker'],
  judge(snapshot, {redis}) {
    // It calls its AOF off for so long.
    if (redis.loading.active) return skip('not told while Redis reads its data')
    const {aof, rdbSaves} = redis.persistence
    const container = containerOf(snapshot, 'redis')
    const affects = affectedBy(snapshot, 'redis')
    if (aof === false && rdbSaves === false)
      return fail('neither AOF nor save points: a restart of Redis loses all waiting tasks', {
        affects,
        evidence: [
          {label: 'appendonly', value: 'no'},
          {label: 'save', value: ''},
        ],
        remedies: [
          cureBy(
            'keep an AOF until its next start',
            ...redisCli(snapshot, 'CONFIG', 'SET', 'appendonly', 'yes'),
          ),
          decide('and for good: --appendonly yes in the compose file'),
          confirmBy('what it keeps', ...redisCli(snapshot, 'INFO', 'persistence')),
        ],
      })
    const data = container?.mounts.find(({destination}) => destination === '/data')
    const kept = data?.type === 'bind' || (data?.type === 'volume' && !anonymous.test(data.name ?? ''))
    if (container !== undefined && !kept)
      return fail(
        data === undefined
          ? 'no volume on /data: a new container starts empty'
          : 'the volume on /data has no name: a new container starts empty',
        {
          affects,
          evidence: [{label: '/data', value: data?.type ?? null}],
          remedies: [
            decide('a named volume on /data in the compose file'),
            confirmBy('its mounts', 'docker', 'inspect', '--format', '{{json .Mounts}}', container.name),
          ],
        },
      )
    if (aof === null && rdbSaves === null) return skip('Redis does not tell how it persists')
    if (aof !== true && rdbSaves === null) return skip('no AOF, and save points may not be read (CONFIG)')
    return pass(aof === true ? 'AOF' : 'save points; what came since the last one can be lost')
  },
})
