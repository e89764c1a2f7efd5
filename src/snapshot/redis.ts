/** How Redis was reached; the last way allows PING, INFO and LLEN alone. */
export type RedisRoute = 'url' | 'published-port' | 'container-address' | 'docker-exec'

export type RedisFacts = {
  route: RedisRoute
  /** For people, without credentials: `127.0.0.1:49153/0`, `hub-redis (docker exec)`. */
  address: string
  /** How Sentinels led there: `master "hub" by Sentinel 127.0.0.1:26379`; absent when none was asked. */
  through?: string
  database: number
  pingSeconds: number
  version: string | null
  uptimeSeconds: number | null
  role: 'master' | 'replica' | null
  /** Host that a replica follows. */
  masterHost: string | null
  /** Of a replica: `up` once it has its master's data, `syncing` while that replaces its own; absent for a master, or when not told. */
  masterLink?: 'up' | 'syncing' | 'down'
  /**
   * Replicas that are in touch, where writes are taken with so many of them alone (`min-replicas-to-write`); absent where
   * none is asked for. `needed` is `null` when CONFIG may not be read.
   */
  replicas?: {good: number; needed: number | null}
  /** Redis's own words where it answered PING with a refusal: `LOADING …`, `MISCONF …`, `BUSY …`; absent after a PONG. */
  refusal?: string
  loading: {active: boolean; etaSeconds: number | null}
  memory: {
    usedBytes: number | null
    /** `maxmemory`; `null` when there is no limit. */
    maxBytes: number | null
    /** `maxmemory-policy`, e.g. `noeviction`. */
    policy: string | null
    evictedKeys: number | null
  }
  persistence: {
    aof: boolean | null
    aofLastWriteOk: boolean | null
    /** `false` when the last background save failed. */
    rdbLastSaveOk: boolean | null
    /** `save` points set; `null` when CONFIG may not be read. */
    rdbSaves: boolean | null
    /** `stop-writes-on-bgsave-error`; `null` when CONFIG may not be read. */
    stopWritesOnSaveError: boolean | null
    lastSaveAt: string | null
  }
  clients: {connected: number | null; max: number | null; rejected: number | null}
  /** Whether Redis asks for a password; `null` when that could not be told. */
  asksPassword: boolean | null
  /** What our own user may do; absent where the snapshot does not tell. */
  rights?: RedisRights
  /** Redis's clock against ours, in seconds; positive when Redis is ahead. */
  clockOffsetSeconds: number | null
}

export type RedisRights = {
  /** Whom Redis takes us for; `null` when it does not say. */
  user: string | null
  /**
   * Commands that change the hub and that this user may give, as ACL DRYRUN says; none of them is carried out. `null` before
   * Redis 7, and when this user may not ask.
   */
  mayChange: string[] | null
  /** Whether it may write where nodes put their replies; `null` likewise. */
  mayTakeReplies: boolean | null
  /** Whether the password that we used is one that everybody knows. */
  knownDefault: boolean
}
