import {setTimeout as delay} from 'node:timers/promises'
import type {Container} from '../snapshot/docker.ts'
import {isContainerRunning} from '../sources/docker/container-state.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {type LogLine, type LogOptions, readLogs} from '../sources/docker/logs.ts'
import {interleaveLines, mergeLines} from './merge-lines.ts'

export type ServiceLine = LogLine & {service: string; container: string}

/** How long a line may come late and is still put before what was written after it. */
const reorderMilliseconds = 200
/** How often a container that has stopped is looked at again, and how often one may be gone. */
const pauseMilliseconds = 1000
const mostMissing = 5

/** The lines of several containers in time order; with `follow` it goes on, also over restarts, until the signal aborts. */
export function readStackLogs(
  engine: Engine,
  containers: readonly Container[],
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<ServiceLine> {
  const sources = containers.map(container =>
    options.follow ? follow(engine, container, options, signal) : once(engine, container, options, signal),
  )
  return options.follow ? interleaveLines(sources, reorderMilliseconds) : mergeLines(sources)
}

async function* once(
  engine: Engine,
  container: Container,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<ServiceLine> {
  const {service, name, id} = container
  for await (const line of readLogs(engine, id, options, signal)) yield {...line, service, container: name}
}

/** By name, so that a container that is made anew is followed, too. */
async function* follow(
  engine: Engine,
  {service, name}: Container,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<ServiceLine> {
  let last = ''
  let missing = 0
  while (!signal.aborted && missing < mostMissing) {
    const state = await isContainerRunning(engine, name, signal)
    if (signal.aborted) return
    missing = state === null ? missing + 1 : 0
    if (state === true || (state === false && last === '')) {
      // From where it broke off: the engine knows whole seconds for sure, what was shown is left out.
      const from =
        last === '' ? options : {...options, tail: null, since: Math.floor(Date.parse(last) / 1000)}
      for await (const line of readLogs(engine, name, {...from, follow: true}, signal)) {
        if (line.time <= last) continue
        last = line.time
        yield {...line, service, container: name}
      }
      if (last === '') last = new Date().toISOString()
    }
    await delay(pauseMilliseconds, undefined, {signal}).catch(() => {})
  }
}
