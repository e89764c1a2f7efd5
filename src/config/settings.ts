import type {BoundOverride} from '../snapshot/snapshot.ts'
import type {ProductionWishes} from './production/production.ts'

/** Where a value came from; `name` is what to look for: `--redis-url`, `HUB_MON_REDIS_URL`, a path. */
export type Origin = {kind: 'flag' | 'environment' | 'file' | 'default'; name: string}

/** A value and where it came from. */
export type Setting<T> = {value: T; origin: Origin}

export type HistorySettings = {
  /** URL of another Redis than the broker; may hold a password. */
  store: string | null
  /** Tells the histories of several hubs in one Redis apart; `null` is the broker's database. */
  name: string | null
  mostBytes: number
  /** The latest stretch, by which `doctor` and `stats` judge tasks when no window is named. */
  windowSeconds: number
  /** The finest first. */
  buckets: {seconds: number; keepSeconds: number}[]
}

/** Ten seconds for an hour, a minute for two days, an hour for ninety days: 5,400 buckets. */
export const defaultHistory: HistorySettings = {
  store: null,
  name: null,
  mostBytes: 64 * 1024 * 1024,
  windowSeconds: 15 * 60,
  buckets: [
    {seconds: 10, keepSeconds: 3600},
    {seconds: 60, keepSeconds: 2 * 86_400},
    {seconds: 3600, keepSeconds: 90 * 86_400},
  ],
}

export type AlertSettings = {
  everySeconds: number
  /** Whom to tell: a kind of the registry in `alerts/notify`, and its address or command; may hold a secret. */
  notify: {kind: string; address: string}[]
}

export const defaultAlerts: AlertSettings = {everySeconds: 15, notify: []}

/** What `up --production` goes by. */
export type ProductionSettings = {
  /** The folder of secrets, absolute; `null` is the project's own in the state directory. */
  secrets: string | null
  /** What else is set; `null` where the configuration does not want production. */
  wishes: ProductionWishes | null
}

export const defaultProduction: ProductionSettings = {secrets: null, wishes: null}

/** The effective configuration. `null` is "not set": found out from the stack, or left alone. */
export type Settings = {
  /** Compose file, absolute. */
  file: Setting<string | null>
  /** Compose project. */
  projectName: Setting<string | null>
  /** May hold a password. */
  redisUrl: Setting<string | null>
  /** May hold credentials. */
  flowerUrl: Setting<string | null>
  /** `user:password`. */
  flowerAuth: Setting<string | null>
  /** All reading together, in seconds. */
  timeoutSeconds: Setting<number>
  services: Setting<{redis?: string; workers?: string[]; flower?: string}>
  expected: Setting<{poolProcesses?: number; nodes?: number}>
  bounds: Setting<BoundOverride[]>
  history: Setting<HistorySettings>
  alerts: Setting<AlertSettings>
  production: Setting<ProductionSettings>
  /** Variables for the compose file, e.g. `HUB_CELERY_APP`; may hold secrets. */
  environment: Setting<Record<string, string>>
  /** `CELERY_BROKER_URL` or `REDIS_URL` as they happen to be set: looked at only when no stack is found, never acted on. */
  ambientRedisUrl: Setting<string | null>
  /** `FLOWER_URL`, likewise. */
  ambientFlowerUrl: Setting<string | null>
}

/** All reading together, when nothing else is said: an answer while the operator still looks at the screen. */
export const defaultTimeoutSeconds = 4.5
