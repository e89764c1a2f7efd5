import type {Sample} from '../metrics/metric.ts'

/** The task type of a sample; the one without a label is of all together. */
export function taskOrAll({labels}: Sample): string {
  return labels.task ?? 'all tasks'
}
