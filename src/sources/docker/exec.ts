import {SourceError} from '../../snapshot/source-error.ts'
import {asked, type Engine, toSourceError} from './engine.ts'
import {decodeFrames} from './frames.ts'

export type ExecResult = {exitCode: number; stdout: string; stderr: string}

const mostBytes = 1024 * 1024

/**
 * Runs a command in a running container and gives its output, at most 1 MiB of it.
 * Throws a `SourceError`: `not-running` when the container is stopped or paused, `too-much`, `timeout`, `api`.
 */
export async function execInContainer(
  engine: Engine,
  /** Name or id. */
  container: string,
  argv: readonly string[],
  signal: AbortSignal,
  /** For secrets: a command line stands in the engine's events, this does not. */
  environment: Readonly<Record<string, string>> = {},
): Promise<ExecResult> {
  const output = {stdout: [] as Buffer[], stderr: [] as Buffer[]}
  try {
    const exec = await engine.client.getContainer(container).exec({
      Cmd: [...argv],
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      AttachStdout: true,
      AttachStderr: true,
      abortSignal: signal,
    })
    const stream = await exec.start({hijack: false, stdin: false, abortSignal: signal})
    const stop = () => stream.destroy(new Error('aborted'))
    signal.addEventListener('abort', stop, {once: true})
    try {
      let total = 0
      for await (const {stream: name, bytes} of decodeFrames(stream, false)) {
        total += bytes.length
        if (total > mostBytes)
          throw new SourceError('too-much', `${argv[0]} in ${container} printed over 1 MiB`)
        output[name].push(bytes)
      }
    } finally {
      signal.removeEventListener('abort', stop)
      stream.destroy()
    }
    const {ExitCode} = await asked(engine, exec.inspect({abortSignal: signal}), signal)
    return {
      exitCode: ExitCode ?? -1,
      stdout: Buffer.concat(output.stdout).toString(),
      stderr: Buffer.concat(output.stderr).toString(),
    }
  } catch (error) {
    // 409 is stopped or paused; podman says 500 for it.
    if ((error as {statusCode?: unknown}).statusCode === 409)
      throw new SourceError('not-running', `the container ${container} is not running`)
    throw toSourceError(engine, error, signal)
  }
}
