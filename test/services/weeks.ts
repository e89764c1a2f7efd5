import {defaultHistory} from '../../src/config/settings.ts'
import {encodeTaskBucket, taskBucket} from '../../src/history/bucket.ts'
import {bucketOf} from '../../src/history/histogram.ts'
import {type Cell, coverageField} from '../../src/history/recording.ts'
import {startOf} from '../../src/history/resolution.ts'
import {seriesKey} from '../../src/history/series.ts'
import {HistoryWriter, type StoreNames} from '../../src/history/store.ts'
import type {ConnectedReach} from '../../src/sources/redis/reach.ts'

const types = 20
const weekSeconds = 7 * 86_400
/** A task type has its own pace, from 10 ms to 8 s; its slowest runs take twelve times as long as its fastest. */
const spread = Array.from({length: 8}, (_, nth) => 1.42 ** nth)
const paceOf = (type: number) => 0.01 * 1.42 ** type

/**
 * Writes two weeks of so many tasks each as a recorder would have: the buckets of each hour, of the last two days' minutes and of the
 * last hour's ten seconds, for twenty task types.
 */
export async function writeWeeks(
  client: ConnectedReach['connection']['client'],
  names: StoreNames,
  {tasksAWeek, now}: {tasksAWeek: number; now: number},
): Promise<void> {
  const writer = new HistoryWriter(client, names)
  await writer.lead()
  const state = {
    ...{run: writer.run, tool: '0.1.0', host: 'h', startedAt: now, writtenAt: now, eventsPerSecond: 1},
    ...{
      lagSeconds: 0,
      reconnects: 0,
      missedEvents: 0,
      inFlight: 0,
      rssBytes: 1,
      storeBytes: 1,
      mostStoreBytes: 1e6,
    },
    pausedBecause: null,
  }
  for (const resolution of defaultHistory.buckets) {
    const {seconds, keepSeconds} = resolution
    const cells: Cell[] = []
    let done = 0
    const first = startOf(now - Math.min(keepSeconds, 2 * weekSeconds), resolution)
    for (let start = first; start < now; start += seconds) {
      // What is left of a task stays for the next bucket: in all there are just so many.
      const due = Math.floor(((start + seconds - first) / weekSeconds) * tasksAWeek)
      cells.push({resolution, start, field: coverageField, value: `0-${seconds * 1000}`})
      for (let type = 0; type < types; type += 1) {
        const own = Math.floor((due + type) / types) - Math.floor((done + type) / types)
        if (own > 0)
          cells.push({resolution, start, field: fieldOf(type), value: stored(own, type, done + type)})
      }
      done = due
    }
    if (!(await writer.write({cells, failures: [], nodes: [], state}))) throw new Error('another one writes')
  }
}

function fieldOf(type: number): string {
  return seriesKey({of: 'task', task: `shop.tasks.order_${type}`, queue: 'celery'})
}

function stored(tasks: number, type: number, from: number): string {
  const bucket = taskBucket()
  for (const kind of ['sent', 'received', 'started', 'succeeded'] as const) bucket.counts[kind] = tasks
  for (const histogram of [bucket.runtime, bucket.wait]) {
    // Dealt out in turn: what is few falls into few buckets.
    spread.forEach((times, nth) => {
      const runtime = paceOf(type) * times
      const place = (nth + from) % spread.length
      const many = Math.floor((tasks + place) / spread.length)
      if (many === 0) return
      const number = bucketOf(runtime)
      histogram.buckets.set(number, (histogram.buckets.get(number) ?? 0) + many)
      histogram.count += many
      histogram.sum += many * runtime
    })
  }
  return encodeTaskBucket(bucket)
}
