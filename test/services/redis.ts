import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)

export type RedisService = {
  port: number
  /** Without credentials, database 0. */
  url: string
  readonly process: ChildProcess
  /** Where it would save. */
  directory: string
  /** Output of `redis-cli` on this server, without the last line's end. */
  cli: (...words: string[]) => Promise<string>
  /** Kills it, for `start` or for good. */
  end: () => Promise<void>
  /** Starts it again, with its data only if `args` say that it keeps them. */
  start: () => Promise<void>
  /** Kills it, and starts it again after so long; with its data only if `args` say that it keeps them. */
  restart: (downSeconds: number) => Promise<void>
  stop: () => Promise<void>
}

export type RedisServiceOptions = {
  /** Words for redis-server, e.g. `['--requirepass', 'x']`. */
  args?: readonly string[]
  /** Words for redis-cli that let it in. */
  cliArgs?: readonly string[]
  /** The plain port is off: `args` says how to listen. */
  tls?: boolean
  /** Words in front of redis-server, e.g. `['setpriv', …]`: with fewer rights than whoever runs the tests. */
  as?: readonly string[]
}

/** A real redis-server on a free port of 127.0.0.1 that keeps nothing. */
export async function startRedis(options: RedisServiceOptions = {}): Promise<RedisService> {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'hub-mon-redis-'))
  const listen = options.tls === true ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)]
  const launch = () => {
    const [program, ...words] = [
      ...[...(options.as ?? []), 'redis-server', ...listen, '--bind', '127.0.0.1'],
      ...['--save', '', '--dir', directory, ...(options.args ?? [])],
    ]
    const child = spawn(program as string, words, {stdio: 'ignore'})
    return {child, ended: new Promise<void>(resolve => child.once('exit', () => resolve()))}
  }
  let server = launch()
  const cli = (...words: string[]) => redisCli(['-p', String(port), ...(options.cliArgs ?? []), ...words])
  const kill = async () => {
    server.child.kill('SIGCONT')
    server.child.kill('SIGKILL')
    await server.ended
  }
  const stop = async () => {
    await kill()
    await rm(directory, {recursive: true, force: true})
  }
  const answers = async () => {
    const end = performance.now() + 10_000
    for (;;) {
      const answer = await cli('PING').catch(() => '')
      if (/PONG|NOAUTH|LOADING|MISCONF/.test(answer)) return
      if (performance.now() > end || server.child.exitCode !== null) {
        await stop()
        throw new Error(`redis-server did not start: ${answer}`)
      }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  await answers()
  const start = async () => {
    server = launch()
    await answers()
  }
  const restart = async (downSeconds: number) => {
    await kill()
    await new Promise(resolve => setTimeout(resolve, downSeconds * 1000))
    await start()
  }
  return {
    ...{port, url: `redis://127.0.0.1:${port}/0`, directory, cli, end: kill, start, restart, stop},
    get process() {
      return server.child
    },
  }
}

/** Output of `redis-cli` without the last line's end. */
export async function redisCli(words: readonly string[]): Promise<string> {
  const {stdout} = await run('redis-cli', words)
  return stdout.replace(/\n$/, '')
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
