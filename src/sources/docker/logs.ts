import type {Engine} from './engine.ts'
import {toSourceError} from './engine.ts'
import {type Chunk, decodeFrames} from './frames.ts'

export type LogLine = {
  /** ISO 8601 with the engine's nanoseconds, so that text order is time order. */
  time: string
  stream: 'stdout' | 'stderr'
  /** Without the newline; as the container wrote it, so neither masked nor clean. */
  text: string
}

export type LogOptions = {
  follow: boolean
  /** Last lines of each container; `null` is all. */
  tail: number | null
  /** Seconds since 1970; `null` is from the beginning. */
  since: number | null
}

const longestLine = 64 * 1024

/** The log of one container, oldest line first; one line in memory at a time. Ends quietly when the signal aborts. */
export async function* readLogs(
  engine: Engine,
  /** Name or id. */
  container: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  try {
    const handle = engine.client.getContainer(container)
    const {Config} = await handle.inspect({abortSignal: signal})
    const stream = await openLog(handle, options, signal)
    yield* logLines(decodeFrames(stream, Config.Tty))
  } catch (error) {
    if (!signal.aborted) throw toSourceError(engine, error, signal)
  }
}

async function openLog(
  handle: ReturnType<Engine['client']['getContainer']>,
  {follow, tail, since}: LogOptions,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer | string>> {
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    tail: tail ?? 'all',
    ...(since === null ? {} : {since}),
  }
  // Without its own `follow` dockerode would gather the whole log in memory; `_query` is what the engine is told.
  const options = {follow: true as const, _query: query, abortSignal: signal}
  return (await handle.logs(options)) as AsyncIterable<Buffer | string>
}

/** Puts pieces together to lines, for stdout and stderr apart; the engine sets a time before each line. */
export async function* logLines(chunks: AsyncIterable<Chunk>): AsyncGenerator<LogLine> {
  const open: Record<LogLine['stream'], Buffer> = {stdout: Buffer.alloc(0), stderr: Buffer.alloc(0)}
  for await (const {stream, bytes} of chunks) {
    let rest = open[stream].length === 0 ? bytes : Buffer.concat([open[stream], bytes])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield parseLine(stream, rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
    // What no line end limits is cut, so that memory stays bounded.
    open[stream] = rest.subarray(0, longestLine)
  }
  for (const stream of ['stdout', 'stderr'] as const)
    if (open[stream].length > 0) yield parseLine(stream, open[stream])
}

function parseLine(stream: LogLine['stream'], bytes: Buffer): LogLine {
  const line = bytes.toString().replace(/\r$/, '')
  const stamp = /^(\d{4}-\d\d-\d\dT[\d:.]+)(Z|[+-]\d\d:\d\d)(?: |$)/.exec(line)
  if (stamp === null) return {time: '', stream, text: line}
  return {time: toUtc(stamp[1] ?? '', stamp[2] ?? 'Z'), stream, text: line.slice(stamp[0].length)}
}

/** The engine writes UTC with nine digits; podman writes local time. */
function toUtc(time: string, zone: string): string {
  if (zone === 'Z') return `${time}Z`
  return new Date(`${time.slice(0, 23)}${zone}`).toISOString()
}
