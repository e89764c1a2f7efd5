import * as v from 'valibot'
import {notifierOf, notifiers} from '../alerts/notify/registry.ts'
import {metrics} from '../metrics/registry.ts'
import {parseDuration} from './duration.ts'
import {productionKeys, productionSchema} from './production/schema.ts'

const duration = v.pipe(
  v.union([v.string(), v.number()], 'wants a duration such as 4s or 500ms'),
  v.transform(value => parseDuration(String(value)) ?? Number.NaN),
  v.number('wants a duration such as 4s or 500ms'),
  v.minValue(0.1, 'wants at least 100ms'),
  v.maxValue(3600, 'wants at most 1h'),
)
const patience = v.pipe(
  v.union([v.string(), v.number()], 'wants a duration such as 0s, 30s or 5m'),
  v.transform(value => parseDuration(String(value)) ?? Number.NaN),
  v.number('wants a duration such as 0s, 30s or 5m'),
  v.minValue(0, 'wants 0s or more'),
  v.maxValue(86_400, 'wants at most 1d'),
)
const span = v.pipe(
  v.union([v.string(), v.number()], 'wants a duration such as 10s, 1h or 90d'),
  v.transform(value => parseDuration(String(value)) ?? Number.NaN),
  v.number('wants a duration such as 10s, 1h or 90d'),
  v.minValue(1, 'wants at least 1s'),
  v.maxValue(366 * 86_400, 'wants at most 366d'),
)
const kinds = notifiers.map(({kind}) => kind)
const count = v.pipe(
  v.number('wants a number'),
  v.integer('wants a whole number'),
  v.minValue(0, 'wants 0 or more'),
)
const text = v.pipe(v.string('wants text'), v.nonEmpty('is empty'))
const bound = v.nullable(
  v.union(
    [v.strictObject({above: v.number()}), v.strictObject({below: v.number()})],
    'wants {above: number}, {below: number} or null',
  ),
)
const bounds = {
  target: v.exactOptional(bound),
  notice: v.exactOptional(bound),
  warning: v.exactOptional(bound),
  critical: v.exactOptional(bound),
  leastSamples: v.exactOptional(count),
  /** Of its alerts: how long a bound is crossed before one fires, and of which window tasks are counted. */
  for: v.exactOptional(patience),
  window: v.exactOptional(span),
}
const metric = v.strictObject({
  ...bounds,
  /** Bounds of their own for one queue, task type, node or container. */
  only: v.exactOptional(
    v.array(
      v.strictObject({
        queue: v.exactOptional(text),
        task: v.exactOptional(text),
        node: v.exactOptional(text),
        container: v.exactOptional(text),
        ...bounds,
      }),
    ),
  ),
})

/** `hub-mon.config.yaml`: every key may be left out. */
export const fileSchema = v.strictObject({
  file: v.exactOptional(text),
  projectName: v.exactOptional(text),
  redisUrl: v.exactOptional(text),
  flowerUrl: v.exactOptional(text),
  flowerAuth: v.exactOptional(v.pipe(text, v.regex(/^[^:]+:.+$/s, 'wants user:password'))),
  timeout: v.exactOptional(duration),
  services: v.exactOptional(
    v.strictObject({
      redis: v.exactOptional(text),
      workers: v.exactOptional(v.array(text)),
      flower: v.exactOptional(text),
    }),
  ),
  expected: v.exactOptional(
    v.strictObject({poolProcesses: v.exactOptional(count), nodes: v.exactOptional(count)}),
  ),
  metrics: v.exactOptional(
    v.strictObject(Object.fromEntries(metrics.map(({id}) => [id, v.exactOptional(metric)]))),
  ),
  /** What the recorder keeps, and where. */
  history: v.exactOptional(
    v.strictObject({
      store: v.exactOptional(text),
      name: v.exactOptional(
        v.pipe(text, v.regex(/^[\w.-]{1,60}$/, 'wants letters, digits, dots and dashes')),
      ),
      window: v.exactOptional(v.pipe(span, v.minValue(60, 'wants at least 1m'))),
      mostMegabytes: v.exactOptional(v.pipe(count, v.minValue(1, 'wants 1 or more'))),
      buckets: v.exactOptional(
        v.pipe(
          v.array(v.strictObject({every: span, keep: span}), 'wants a list of {every: 10s, keep: 1h}'),
          v.minLength(1, 'wants one or more'),
          v.maxLength(5, 'wants at most 5'),
          v.check(
            rows =>
              rows.every(({every, keep}, place) => {
                const finer = rows[place - 1]?.every
                return keep >= every && (finer === undefined || (every > finer && every % finer === 0))
              }),
            'wants the finest first, each a multiple of the one before, and kept for one bucket at least',
          ),
          v.check(
            rows => rows.reduce((sum, {every, keep}) => sum + keep / every, 0) <= 20_000,
            'wants 20000 buckets at most, all together',
          ),
        ),
      ),
    }),
  ),
  /** How often they are looked for, and who is told. */
  alerts: v.exactOptional(
    v.strictObject({
      every: v.exactOptional(span),
      notify: v.exactOptional(
        v.pipe(
          v.array(v.record(v.picklist(kinds, `wants ${kinds.join(', ')}`), text), 'wants a list'),
          v.check(
            entries => entries.every(entry => Object.keys(entry).length === 1),
            'wants one way each entry',
          ),
          v.rawCheck(({dataset, addIssue}) => {
            if (!dataset.typed) return
            for (const [kind, address] of dataset.value.flatMap(entry => Object.entries(entry))) {
              const fault = notifierOf(kind).fault(address)
              if (fault !== null) addIssue({message: `${kind} ${fault}`})
            }
          }),
        ),
      ),
    }),
  ),
  /** What `up --production` goes by. */
  production: v.exactOptional(productionSchema),
  /** Variables for the compose file. */
  stack: v.exactOptional(
    v.record(
      v.pipe(text, v.regex(/^[A-Z_][A-Z0-9_]*$/, 'wants a variable name such as HUB_CELERY_APP')),
      v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String)),
    ),
  ),
})

export type FileConfig = v.InferOutput<typeof fileSchema>

/** Names that a misspelt key may have meant, by the path that leads to it. */
export function knownKeys(path: readonly string[]): string[] {
  const keysByPath: Record<string, string[]> = {
    '': Object.keys(fileSchema.entries),
    services: ['redis', 'workers', 'flower'],
    expected: ['poolProcesses', 'nodes'],
    metrics: metrics.map(({id}) => id),
    alerts: ['every', 'notify'],
    production: productionKeys,
    history: ['store', 'name', 'mostMegabytes', 'window', 'buckets'],
  }
  const inMetric = path[0] === 'metrics' && path.length >= 2
  return keysByPath[path.join('.')] ?? (inMetric ? [...Object.keys(bounds), 'only'] : [])
}
