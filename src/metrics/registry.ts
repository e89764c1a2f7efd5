import type {Metric} from './metric.ts'
import {queueMessages} from './queue-messages.ts'

/** Every metric, in the order of the tables. */
export const metrics: readonly Metric[] = [queueMessages]
