import {HubError} from '../errors/hub-error.ts'
import {recordedBuckets, wholeBuckets} from '../history/recorded-buckets.ts'
import type {Resolution} from '../history/resolution.ts'
import type {ExportFormat} from '../render/export/format.ts'
import {TooManyValues} from '../render/export/openmetrics.ts'
import {duration} from '../render/text/duration.ts'
import {commandLine} from '../render/text/shell.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {RecordedBucket} from '../snapshot/recorded-bucket.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {Context} from './context.ts'
import {type Window, withStore} from './history-reader.ts'
import {findHub} from './hub.ts'
import {openReaders} from './readers.ts'
import type {Sink} from './sink.ts'

/** What was exported. */
export type Exported = {
  /** Of the first bucket and after the last one; ISO 8601. */
  from: string
  to: string
  stepSeconds: number
  buckets: number
  /** Rows of tasks and of queues, in all buckets. */
  rows: number
  coveredSeconds: number
  missingSeconds: number
  missedEvents: number
}

/**
 * Writes the whole buckets of a window into a sink, as they are read. Throws a `HubError`: 64 where the window holds none or they are kept no
 * more, 69 where there is no history.
 */
export async function exportHistory(
  context: Context,
  {window, step, format, now}: {window: Window; step: number | undefined; format: ExportFormat; now: number},
  openSink: () => Promise<Sink>,
): Promise<Exported> {
  const resolution = resolutionFor(window, now, context.settings.history.value.buckets, step)
  const starts = wholeBuckets(window, now, resolution)
  const [first, last] = [starts[0], starts.at(-1)]
  if (first === undefined || last === undefined)
    throw new HubError(
      'usage',
      'bad-window',
      `no whole bucket of ${duration(resolution.seconds)} that has been written lies in the window`,
      {suggestions: [`--since ${3 * resolution.seconds}s`]},
    )
  const hub = await findHub(context)
  const {reach, close} = openReaders(context, hub, {
    wanted: new Set<SourceId>(),
    question: {passive: true},
    finished: [],
    beforeStart: false,
  })
  const exported: Exported = {
    from: new Date(first * 1000).toISOString(),
    to: new Date((last + resolution.seconds) * 1000).toISOString(),
    stepSeconds: resolution.seconds,
    ...{buckets: 0, rows: 0, coveredSeconds: 0, missingSeconds: 0, missedEvents: 0},
  }
  try {
    await withStore(context, reach, context.signal, async ({client, names}) => {
      const sink = await openSink()
      try {
        const buckets = masked(recordedBuckets(client, names, resolution, starts))
        for await (const piece of format(counted(buckets, exported))) if (!(await sink.write(piece))) break
        context.signal.throwIfAborted()
        await sink.end()
      } catch (error) {
        await sink.discard()
        throw error instanceof TooManyValues ? tooLarge(error, resolution) : error
      }
    })
  } catch (error) {
    context.signal.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    throw new HubError('unavailable', error.code, error.message, {
      suggestions:
        error.code === 'no-history'
          ? [commandLine(['hub-mon', 'record', ...hub.target.flags])]
          : [commandLine(['hub-mon', 'doctor', '--only', 'redis', ...hub.target.flags])],
    })
  } finally {
    await close()
  }
  return exported

  async function* masked(buckets: AsyncIterable<RecordedBucket>): AsyncGenerator<RecordedBucket> {
    for await (const bucket of buckets)
      yield {
        ...bucket,
        tasks: bucket.tasks.map(row => ({...row, task: hide(row.task), queue: hide(row.queue)})),
        queues: bucket.queues.map(row => ({...row, queue: context.secrets.mask(row.queue)})),
      }
  }

  function hide(name: string | null): string | null {
    return name === null ? null : context.secrets.mask(name)
  }
}

async function* counted(
  buckets: AsyncIterable<RecordedBucket>,
  exported: Exported,
): AsyncGenerator<RecordedBucket> {
  for await (const bucket of buckets) {
    exported.buckets += 1
    exported.rows += bucket.tasks.length + bucket.queues.length
    exported.coveredSeconds += bucket.coveredSeconds
    exported.missingSeconds += bucket.seconds - bucket.coveredSeconds
    exported.missedEvents += bucket.missedEvents
    yield bucket
  }
}

/** The one that was asked for, else the finest that is kept for the whole window. */
function resolutionFor(
  {from}: Window,
  now: number,
  resolutions: readonly Resolution[],
  step: number | undefined,
): Resolution {
  const reaching = resolutions.filter(({keepSeconds}) => from >= now - keepSeconds)
  if (step === undefined) return (reaching[0] ?? resolutions.at(-1)) as Resolution
  const chosen = resolutions.find(({seconds}) => seconds === step)
  const steps = (some: readonly Resolution[]) => some.map(({seconds}) => `--step ${seconds}s`)
  if (chosen === undefined)
    throw new HubError('usage', 'bad-step', `history is not kept in buckets of ${duration(step)}`, {
      suggestions: steps(resolutions),
    })
  if (!reaching.includes(chosen))
    throw new HubError(
      'usage',
      'bad-step',
      `buckets of ${duration(step)} are kept for ${duration(chosen.keepSeconds)}, and the window begins before that`,
      {suggestions: steps(reaching)},
    )
  return chosen
}

function tooLarge({message}: TooManyValues, {seconds}: Resolution): HubError {
  return new HubError('usage', 'too-large', `${message}: more than openmetrics takes at once`, {
    suggestions: [
      'a shorter window: --from and --to',
      ...(seconds < 3600 ? ['longer buckets: --step 1h'] : []),
      'rows instead: --format jsonl',
    ],
  })
}
