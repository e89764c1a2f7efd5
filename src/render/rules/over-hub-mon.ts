import {prefix} from '../openmetrics/family.ts'
import {isOfTheMoment} from '../openmetrics/look-families.ts'
import {braced, type RuleSource} from './source.ts'

/** Over what `hub-mon metrics --listen` serves. */
export const overHubMon: RuleSource = {
  id: 'hub-mon',
  isSparse: false,
  // Every outcome of a series is told from its beginning on, so that they can be added.
  events: (kinds, matchers, window) =>
    kinds.map(kind => `increase(${prefix}task_${kind}_total${braced(matchers)}[${window}])`).join(' + '),
  durations: (of, part, matchers, window) =>
    `increase(${prefix}task_${of}_seconds_${part}${braced(matchers)}[${window}])`,
  gauge: (metric, matchers) => (isOfTheMoment(metric) ? `${prefix}${metric.id}${braced(matchers)}` : null),
  caveat: () => null,
  unseen: `absent(${prefix}build_info) or ${prefix}up{source=~"celery|history"} == 0`,
}
