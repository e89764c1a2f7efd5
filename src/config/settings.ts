import type {BoundOverride} from '../snapshot/snapshot.ts'

/** Where a value came from, in words: `flag --redis-url`, `HUB_MON_REDIS_URL`, `hub-mon.config.yaml`, `default`. */
export type Origin = {kind: 'flag' | 'environment' | 'file' | 'default'; name: string}

/** A value and where it came from. */
export type Setting<T> = {value: T; origin: Origin}

/** The effective configuration. `null` is "not set": found out from the stack, or left alone. */
export type Settings = {
  /** Compose file. */
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
  /** Variables for the compose file, e.g. `HUB_CELERY_APP`; may hold secrets. */
  environment: Setting<Record<string, string>>
}
