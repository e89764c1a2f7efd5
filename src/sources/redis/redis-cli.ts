import type {RedisEndpoint} from './endpoint.ts'
import {explain, isReadableRefusal, redisError} from './failure.ts'
import type {ContainerExec} from './stack.ts'

/** The three things that are asked through `docker exec`. Each throws a `SourceError`. */
export type RedisCli = {
  /** Seconds that PING took, the start of `redis-cli` included. */
  ping: (signal: AbortSignal) => Promise<number>
  /** The text of INFO. */
  info: (signal: AbortSignal) => Promise<string>
  /** Length of a list; 0 when there is none. */
  llen: (key: string, signal: AbortSignal) => Promise<number>
}

export function redisCli(
  exec: ContainerExec,
  {name, port, endpoint}: {name: string; port: number; endpoint: RedisEndpoint},
): RedisCli {
  const address = `${name} (docker exec)`
  const command = [
    'redis-cli',
    ...['-p', String(port), '-n', String(endpoint.database)],
    ...(endpoint.username === null ? [] : ['--user', endpoint.username]),
    ...(endpoint.tls === null ? [] : ['--tls', '--insecure']),
    ...(endpoint.password === null ? [] : ['--no-auth-warning']),
  ]
  // Not an argument: those can be read by anyone on the machine.
  const environment: Record<string, string> =
    endpoint.password === null ? {} : {REDISCLI_AUTH: endpoint.password}

  const ask = async (words: readonly string[], signal: AbortSignal): Promise<string> => {
    const {exitCode, stdout, stderr} = await run([...command, ...words], signal)
    const answer = stdout.trim()
    const words1 = answer === '' ? stderr.trim() : answer
    if (/could not connect/i.test(words1))
      throw redisError('refused', `nothing listens on port ${port} in ${name}`)
    const refusal = /^(?:\(error\) |AUTH failed: )?((?:[A-Z]{2,} ).*)$/m.exec(words1)?.[1]
    if (refusal !== undefined && /^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR|MOVED|CLUSTERDOWN)\b/.test(refusal))
      throw explain(new Error(refusal), address)
    if (exitCode !== 0 && answer === '') throw redisError('no-address', `redis-cli cannot be run in ${name}`)
    return stdout
  }

  const run = async (words: readonly string[], signal: AbortSignal) => {
    try {
      return await exec(words, environment, signal)
    } catch (error) {
      if (signal.aborted) throw redisError('timeout', `redis-cli in ${name} did not answer in time`)
      const reason = error instanceof Error ? error.message : String(error)
      throw redisError('no-address', `redis-cli cannot be run in ${name}: ${reason}`)
    }
  }

  return {
    async ping(signal) {
      const start = performance.now()
      const answer = (await ask(['PING'], signal)).trim()
      if (answer !== 'PONG' && !isReadableRefusal(answer))
        throw redisError('not-redis', `redis-cli in ${name} answers PING with something that is not PONG`)
      return (performance.now() - start) / 1000
    },
    info: signal => ask(['INFO'], signal),
    async llen(key, signal) {
      const length = Number((await ask(['LLEN', key], signal)).trim())
      if (!Number.isSafeInteger(length))
        throw redisError('not-redis', `redis-cli in ${name} answers LLEN with something that is no number`)
      return length
    },
  }
}
