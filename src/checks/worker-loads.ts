import {evaluate} from '../metrics/evaluate.ts'
import type {Metric} from '../metrics/metric.ts'
import {percent} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import type {Outcome} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {containersOf} from './names.ts'

/** Judges the load of the worker containers alone: what Redis and Flower use is not the pool's. */
export function judgeWorkerLoads(metric: Metric, snapshot: Snapshot, advice: string): Outcome {
  const workers = new Set(containersOf(snapshot, 'worker').map(({name}) => name))
  const samples = evaluate(metric, snapshot).filter(({labels}) => workers.has(labels.container ?? ''))
  return judgeSamples(samples, {
    subject: ({labels}) => labels.container ?? '',
    say: ({labels, value, note}) => `${labels.container} uses ${percent(value ?? 0)} ${note ?? ''}`,
    pass: judged => `at most ${percent(Math.max(...judged.map(({value}) => value ?? 0)))}`,
    remedies: alerting => [
      decide(advice),
      ...alerting.map(({labels}) =>
        confirmBy('now', 'docker', 'stats', '--no-stream', labels.container ?? ''),
      ),
    ],
  })
}
