import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {freePort, redisCli} from './redis.ts'

export type SentinelService = {
  port: number
  process: ChildProcess
  /** Output of `redis-cli` on this Sentinel. */
  cli: (...words: string[]) => Promise<string>
  stop: () => Promise<void>
}

/** A real Sentinel on a free port of 127.0.0.1. `lines` are for its configuration. */
export async function startSentinel(lines: readonly string[] = []): Promise<SentinelService> {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'hub-mon-sentinel-'))
  const file = join(directory, 'sentinel.conf')
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, ...lines, ''].join('\n'))
  const server = spawn('redis-server', [file, '--sentinel'], {stdio: 'ignore'})
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()))
  const cli = (...words: string[]) => redisCli(['-p', String(port), ...words])
  const stop = async () => {
    server.kill('SIGKILL')
    await ended
    await rm(directory, {recursive: true, force: true})
  }
  const end = performance.now() + 10_000
  while (!/PONG|NOAUTH/.test(await cli('PING').catch(() => ''))) {
    if (performance.now() > end || server.exitCode !== null) {
      await stop()
      throw new Error('the Sentinel did not start')
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return {port, process: server, cli, stop}
}

/**
 * Lines that make a Sentinel watch a master. Whether it is gone is seen after so many milliseconds: few for a failover, and
 * many where a busy machine must not look like one.
 */
export function watching(
  name: string,
  port: number,
  {quorum = 1, password, downAfter = 60_000}: {quorum?: number; password?: string; downAfter?: number} = {},
): string[] {
  return [
    `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${downAfter}`,
    `sentinel failover-timeout ${name} 3000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
  ]
}
