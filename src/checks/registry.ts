import type {Check} from './check.ts'
import {redisReachable} from './redis.reachable.ts'

/** Every check, in the order of the report: what the others stand on comes first. */
export const checks: readonly Check[] = [redisReachable]
