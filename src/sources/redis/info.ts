import type {RedisFacts} from '../../snapshot/redis.ts'

/** The fields of INFO, all sections together. */
export type Info = ReadonlyMap<string, string>

export function parseInfo(text: string): Info {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}

/** What CONFIG GET adds, where it may be asked. */
export type ConfigFacts = Record<'save' | 'stopWrites' | 'maxClients' | 'minReplicas', string | null>
export const noConfig: ConfigFacts = {save: null, stopWrites: null, maxClients: null, minReplicas: null}

type FromInfo = Omit<
  RedisFacts,
  'route' | 'address' | 'database' | 'pingSeconds' | 'asksPassword' | 'clockOffsetSeconds'
>

/** A field that is not told is `null`. */
export function factsFromInfo(info: Info, config: ConfigFacts): FromInfo {
  const number = (name: string) => asNumber(info.get(name))
  const role = info.get('role')
  const max = number('maxmemory')
  const lastSave = number('rdb_last_save_time')
  return {
    version: info.get('redis_version') ?? null,
    uptimeSeconds: number('uptime_in_seconds'),
    role: role === 'master' ? 'master' : role === 'slave' || role === 'replica' ? 'replica' : null,
    masterHost: info.get('master_host') ?? null,
    ...linkFrom(info),
    ...replicasFrom(info, config),
    loading: {active: info.get('loading') === '1', etaSeconds: number('loading_eta_seconds')},
    memory: {
      usedBytes: number('used_memory'),
      maxBytes: max === 0 ? null : max,
      policy: info.get('maxmemory_policy') ?? null,
      evictedKeys: number('evicted_keys'),
    },
    persistence: {
      aof: flag(info.get('aof_enabled'), '1', '0'),
      aofLastWriteOk: flag(info.get('aof_last_write_status'), 'ok', 'err'),
      rdbLastSaveOk: flag(info.get('rdb_last_bgsave_status'), 'ok', 'err'),
      rdbSaves: config.save === null ? null : config.save !== '',
      stopWritesOnSaveError: flag(config.stopWrites ?? undefined, 'yes', 'no'),
      lastSaveAt: lastSave === null || lastSave === 0 ? null : new Date(lastSave * 1000).toISOString(),
    },
    clients: {
      connected: number('connected_clients'),
      max: number('maxclients') ?? asNumber(config.maxClients ?? undefined),
      rejected: number('rejected_connections'),
    },
  }
}

function linkFrom(info: Info): Pick<RedisFacts, 'masterLink'> {
  const status = info.get('master_link_status')
  if (status === undefined) return {}
  if (status === 'up') return {masterLink: 'up'}
  return {masterLink: info.get('master_sync_in_progress') === '1' ? 'syncing' : 'down'}
}

/** Told only where some are asked for. */
function replicasFrom(info: Info, {minReplicas}: ConfigFacts): Pick<RedisFacts, 'replicas'> {
  const good = asNumber(info.get('min_slaves_good_slaves'))
  return good === null ? {} : {replicas: {good, needed: asNumber(minReplicas ?? undefined)}}
}

function asNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,15}(\.\d+)?$/.test(text)) return null
  return Number(text)
}

function flag(text: string | undefined, yes: string, no: string): boolean | null {
  return text === yes ? true : text === no ? false : null
}
