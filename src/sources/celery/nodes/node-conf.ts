import type {Node} from '../../../snapshot/celery.ts'
import {asBoolean, asEntries, asName, asNumber, at, type Json} from '../../loose-json.ts'

export type NodeConf = Omit<NonNullable<Node['conf']>, 'visibilityTimeoutSeconds'> & {
  /** `null` when the application does not set it. */
  visibilityTimeoutSeconds: number | null
}

const daySeconds = 86_400
/** Of a URL with a password and several hosts. */
const longestAddress = 2000

/** What matters of a node's configuration. It tells only what differs from Celery's defaults: what is absent has its default. */
export function nodeConf(conf: Json): NodeConf | null {
  if (conf === null || typeof conf !== 'object' || Array.isArray(conf) || isRefusal(conf)) return null
  const settings = new Map(asEntries(conf).map(([name, value]) => [name.toLowerCase(), value]))
  const setting = (name: string, older: string) => find(settings, name, older) ?? null
  const expires = find(settings, 'result_expires', 'celery_task_result_expires')
  return {
    sendsTaskEvents: setting('worker_send_task_events', 'celery_send_events') === true ? true : null,
    acksLate: asBoolean(setting('task_acks_late', 'celery_acks_late')) ?? false,
    taskTimeLimitSeconds: asNumber(setting('task_time_limit', 'celeryd_task_time_limit')),
    taskSoftTimeLimitSeconds: asNumber(setting('task_soft_time_limit', 'celeryd_task_soft_time_limit')),
    prefetchMultiplier: asNumber(setting('worker_prefetch_multiplier', 'celeryd_prefetch_multiplier')) ?? 4,
    visibilityTimeoutSeconds: asNumber(
      at(setting('broker_transport_options', 'broker_transport_options'), 'visibility_timeout'),
    ),
    resultExpiresSeconds: expires === undefined ? daySeconds : expiry(expires),
    resultKeyPrefix: asName(
      at(
        setting('result_backend_transport_options', 'celery_result_backend_transport_options'),
        'global_keyprefix',
      ),
    ),
    resultBackend: withoutCredentials(
      asName(setting('result_backend', 'celery_result_backend'), longestAddress),
    ),
  }
}

/**
 * A setting, spelled as the application spells it: `task_time_limit`; `CELERY_TASK_TIME_LIMIT`, where it has a namespace, as
 * most with Django do; or as it was called before Celery 4.
 */
function find(settings: ReadonlyMap<string, Json>, name: string, older: string): Json | undefined {
  for (const spelled of [name, `celery_${name}`, older])
    if (settings.has(spelled)) return settings.get(spelled)
  for (const [spelled, value] of settings) if (spelled.endsWith(`_${name}`)) return value
  return undefined
}

/** Seconds, a `timedelta` as Python prints it, or `null` and 0 for never. */
function expiry(value: Json): number | null {
  if (value === null || value === 0) return null
  if (typeof value === 'number') return asNumber(value) ?? daySeconds
  const [, days, hours, minutes, seconds] =
    /^(?:(-?\d{1,9}) days?, )?(\d{1,9}):(\d\d):(\d\d(?:\.\d+)?)$/.exec(asName(value) ?? '') ?? []
  if (hours === undefined) return asSeconds(value)
  return Number(days ?? 0) * daySeconds + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

/** A number that somebody put in quotes; what cannot be read at all is taken for the default. */
function asSeconds(value: Json): number {
  const number = Number(asName(value) || Number.NaN)
  return Number.isFinite(number) ? number : daySeconds
}

function isRefusal(reply: {[name: string]: Json}): boolean {
  return Object.keys(reply).length === 1 && typeof reply.error === 'string'
}

/** `redis://user:password@host:1/2?x` → `redis://host:1/2`: nodes hide the broker's password, not this one. */
function withoutCredentials(url: string | null): string | null {
  return url === null ? null : url.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/s, '')
}
