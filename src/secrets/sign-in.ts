import {existsSync} from 'node:fs'
import path from 'node:path'
import {SourceError} from '../snapshot/source-error.ts'
import {connect, type RedisConnection} from '../sources/redis/connection.ts'
import {parseRedisUrl, type RedisEndpoint} from '../sources/redis/endpoint.ts'
import {timeLimit} from '../sources/time-limit.ts'

export type Place = {host: string; port: number}

/** Where Redis is from here, the best first, and how its certificate is checked. */
export type RedisPlaces = {places: readonly Place[]; caPath: string | null}

/** Who signs in; `null` is somebody who says nothing. */
export type SignIn = {username: string | null; password: string | null}

const trySeconds = 3

/** Redis as this hub's folder of secrets says that it is spoken to. */
export function placesWith(places: readonly Place[], folder: string, redisTls: boolean): RedisPlaces {
  const ca = path.join(folder, 'redis_ca')
  return {places, caPath: redisTls && existsSync(ca) ? ca : null}
}

export function signInIn(url: string): SignIn {
  const {username, password} = parseRedisUrl(url)
  return {username, password}
}

/**
 * Signs in to Redis where it is from here: the host in the URLs is its neighbours' word for it. Whoever asked closes it.
 * Throws a `SourceError`: `wrong-password`, `no-auth`, `refused`, `timeout`, …
 */
export async function signInAt(
  {places, caPath}: RedisPlaces,
  {username, password}: SignIn,
  signal: AbortSignal,
): Promise<RedisConnection> {
  let first: SourceError | null = null
  for (const place of places) {
    const endpoint: RedisEndpoint = {
      ...{place, database: 0, username, password},
      // The certificate is for the name that the services use.
      tls: caPath === null ? null : {verify: true, caPath, certPath: null, keyPath: null, checkName: false},
    }
    try {
      return await connect(endpoint, AbortSignal.any([signal, timeLimit(trySeconds)]), {pingOnly: true})
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof SourceError) || isAnswer(error)) throw error
      first ??= error
    }
  }
  throw first ?? new SourceError('no-address', 'no address of the container of Redis leads there from here')
}

/** Redis itself has spoken. */
export function isAnswer({code}: SourceError): boolean {
  return ['no-auth', 'wrong-password', 'no-permission', 'max-clients'].includes(code)
}

/** Whether Redis lets them in; throws a `SourceError` where it did not say. */
export async function isLetIn(
  places: RedisPlaces,
  who: SignIn,
  signal: AbortSignal,
): Promise<{letIn: boolean; words: string}> {
  try {
    const {close, refusal} = await signInAt(places, who, signal)
    close()
    return {letIn: true, words: refusal ?? ''}
  } catch (error) {
    if (error instanceof SourceError && ['no-auth', 'wrong-password'].includes(error.code))
      return {letIn: false, words: error.message}
    throw error
  }
}
