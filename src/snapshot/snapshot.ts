import type {CeleryFacts, FinishedFacts, ResultsFacts} from './celery.ts'
import type {ComposeFacts} from './compose.ts'
import type {DockerFacts, StatsFacts} from './docker.ts'
import type {FlowerFacts} from './flower.ts'
import type {HistoryFacts} from './history.ts'
import type {HostFacts} from './host.ts'
import type {LogsFacts} from './logs.ts'
import type {OutsideFacts} from './outside.ts'
import type {Reading, SourceId} from './reading.ts'
import type {RedisFacts} from './redis.ts'

export const snapshotSchema = 'hub-mon/snapshot@1'

/** What each source tells when it can be read. */
export type FactsOf = {
  docker: DockerFacts
  stats: StatsFacts
  compose: ComposeFacts
  host: HostFacts
  redis: RedisFacts
  celery: CeleryFacts
  results: ResultsFacts
  flower: FlowerFacts
  finished: FinishedFacts
  logs: LogsFacts
  history: HistoryFacts
  outside: OutsideFacts
}

/** What is looked at, and how that was decided. */
export type Target = {
  /** `urls`: no compose project, only addresses; the Docker checks do not apply. */
  kind: 'compose' | 'urls'
  how: 'flags' | 'environment' | 'configuration' | 'compose-file' | 'running-project' | 'bundled'
  /** Compose project, e.g. `hub`. */
  project: string | null
  /** Absolute path of the compose file. */
  composeFile: string | null
  /** The file that the running project was started from, when it is another one. */
  startedFromOther: string | null
  /** Flags that a command to type next needs so that it acts on the same target. */
  flags: string[]
  /** What names the broker's address: `--redis-url`, `HUB_MON_REDIS_URL`, a file; absent when the stack tells it. */
  redisFrom?: string
}

/** A bound is crossed by values beyond it; the bound itself is still inside. */
export type Bound = {above: number} | {below: number}

/** Bounds that the configuration sets for a metric, for all or for one label value. */
export type BoundOverride = {
  metric: string
  /** e.g. `{queue: 'emails'}`; absent for all. */
  labels?: Record<string, string>
  target?: Bound | null
  notice?: Bound | null
  warning?: Bound | null
  critical?: Bound | null
  leastSamples?: number
  /** Of its alerts: beyond a bound for this long. */
  forSeconds?: number
  /** Of its alerts: over which tasks are counted. */
  windowSeconds?: number
}

export type Expected = {
  /** `null`: told without judgement. */
  poolProcesses: {value: number; from: string} | null
  nodes: {value: number; from: string} | null
  bounds: BoundOverride[]
}

/** Everything that was seen at one moment. Plain JSON, immutable, without secrets. */
export type Snapshot = {
  schema: typeof snapshotSchema
  /** Version of hub-mon. */
  tool: string
  /** ISO 8601, UTC. */
  takenAt: string
  /** True when no remote-control request was sent. */
  passive: boolean
  /** True for `doctor --pre`: the stack is not expected to run. */
  beforeStart: boolean
  target: Target
  expected: Expected
  /** That was asked for, ISO 8601; absent where history was read along with everything else, of the latest stretch. */
  window?: {from: string; to: string}
  /** A source that is absent was not asked. */
  sources: {[K in SourceId]?: Reading<FactsOf[K]>}
}
