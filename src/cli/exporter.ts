import {select} from '../checks/select.ts'
import {type Counted, Counters} from '../history/counters.ts'
import {Follower} from '../history/follow.ts'
import type {Histogram} from '../history/histogram.ts'
import {reduced} from '../history/reduced.ts'
import type {Family} from '../render/openmetrics/family.ts'
import {type Look, lookFamilies} from '../render/openmetrics/look-families.ts'
import {coverageFamilies, taskFamilies} from '../render/openmetrics/task-families.ts'
import {Kept} from '../snapshot/kept.ts'
import type {SourceId} from '../snapshot/reading.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Context} from './context.ts'
import {report} from './examine.ts'
import {withStore} from './history-reader.ts'
import type {Hub, LookOptions} from './hub.ts'
import {openReaders} from './readers.ts'

/** Task types and queues that are told by name; a series is some forty lines. */
const mostSeries = 100

/** Looks at the hub as doctor does. */
export async function lookAt(
  context: Context,
  hub: Hub,
  how: Pick<LookOptions, 'passive' | 'kept'>,
): Promise<Look> {
  const {checks, sources, celery} = select({only: [], skip: [], phase: 'running'})
  const begun = performance.now()
  const snapshot = await hub.look(sources, {...how, celery})
  const read = Object.entries(snapshot.sources).map(([source, {status, startedAt}]) => {
    const readAt = status === 'unavailable' ? null : Date.parse(startedAt) / 1000
    return [source as SourceId, readAt] as const
  })
  return {
    report: report(snapshot, checks),
    readAt: new Map(read),
    seconds: (performance.now() - begun) / 1000,
    version: context.tool,
  }
}

/** Looks again and again: gauges of the moment, and counters of what history has gained since the first time. Never throws but when interrupted. */
export function familiesOverTime(
  context: Context,
  hub: Hub,
  {passive}: {passive: boolean},
): () => Promise<Family[]> {
  const counters = new Counters(mostSeries)
  const follower = new Follower(counters, context.settings.history.value.buckets)
  /** What cannot be read now is absent: counters that stood still would say that nothing happens. */
  const follow = async (): Promise<Counted | null> => {
    const within = AbortSignal.any([context.signal, timeLimit(context.settings.timeoutSeconds.value)])
    const {reach, close} = openReaders(context, hub, {
      wanted: new Set<SourceId>(),
      question: {passive: true},
      finished: [],
      beforeStart: false,
    })
    try {
      await withStore(context, reach, within, ({client, names}) =>
        follower.read(client, names, Date.now() / 1000),
      )
      return counters.tell()
    } catch {
      context.signal.throwIfAborted()
      return null
    } finally {
      await close()
    }
  }
  const kept = new Kept()
  return async () => {
    const now = Date.now() / 1000
    const [counted, look] = await Promise.all([follow(), lookAt(context, hub, {passive, kept})])
    const readAt = new Map([...look.readAt, ['history', counted === null ? null : now] as const])
    const mask = (name: string) => context.secrets.mask(name)
    return [...lookFamilies({...look, readAt}), ...(counted === null ? [] : familiesOf(counted, mask))]
  }
}

function familiesOf(
  {since, coveredSeconds, missedEvents, tasks}: Counted,
  mask: (name: string) => string,
): Family[] {
  const series = tasks.map(({task, queue, created, figures: {counts, runtime, wait}}) => ({
    task: task === null ? null : mask(task),
    queue: queue === null ? null : mask(queue),
    waits: wait.count > 0,
    totals: () => [{...counts, created, runtime: totalsOf(runtime), wait: totalsOf(wait)}],
  }))
  return [...coverageFamilies([{coveredSeconds, missedEvents, created: since}]), ...taskFamilies(series)]
}

function totalsOf(histogram: Histogram) {
  return {count: histogram.count, sum: histogram.sum, upTo: reduced(histogram)}
}
