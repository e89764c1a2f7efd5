import {percent, plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, hubMon, redisCli, servicesOf} from './names.ts'

const many = 0.8
const nearlyAll = 0.9

export const redisClients = defineCheck({
  id: 'redis.clients',
  category: 'redis',
  title: 'Redis has connections to spare',
  why: 'At maxclients Redis turns newcomers away: nodes cannot reconnect and senders cannot send.',
  looksAt:
    'Connected clients over maxclients (warning above 80 %, critical above 90 %), and rejected connections.',
  confirm: ['docker exec hub-redis redis-cli CLIENT LIST', 'docker exec hub-redis redis-cli INFO clients'],
  cure: ['hub-mon restart celery-worker', 'docker exec hub-redis redis-cli CONFIG SET maxclients 20000'],
  severity: 'warning',
  phase: 'running',
  needs: ['redis'],
  judge(snapshot, {redis}) {
    const {connected, max, rejected} = redis.clients
    if (connected === null) return skip('Redis does not tell its clients (INFO)')
    const share = max === null || max === 0 ? null : connected / max
    const full = share !== null && share > many
    if (!full && (rejected ?? 0) === 0)
      return pass(
        `${plural(connected, 'client')}${share === null ? '' : `, ${percent(share)} of the maximum`}`,
      )
    const used = share === null ? plural(connected, 'client') : `${connected} of ${max} connections in use`
    const turned = (rejected ?? 0) === 0 ? '' : `; ${rejected} turned away since its start`
    return fail(`${used}${turned}`, {
      // The counter never falls back: alone it may tell of long ago.
      severity: !full ? 'notice' : share > nearlyAll ? 'critical' : 'warning',
      affects: affectedBy(snapshot, 'redis'),
      evidence: [
        {
          label: 'connections',
          value: connected,
          unit: 'count',
          bound: `above ${percent(many)} of ${max ?? 'the maximum'}`,
        },
        {label: 'rejected', value: rejected, unit: 'count'},
      ],
      remedies: [
        ...servicesOf(snapshot, 'worker').map(service =>
          cureBy('let the workers give theirs back', ...hubMon(snapshot, 'restart', service)),
        ),
        confirmBy('whose they are', ...redisCli(snapshot, 'CLIENT', 'LIST')),
        decide('lower broker_pool_limit and redis_max_connections, or raise maxclients'),
      ],
    })
  },
})
