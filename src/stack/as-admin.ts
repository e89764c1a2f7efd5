import {HubError} from '../errors/hub-error.ts'
import {type RedisPlaces, signInAt} from '../secrets/sign-in.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {RedisConnection} from '../sources/redis/connection.ts'
import {hubMon, type Stack} from './stack.ts'

/** The user that changes users. */
export const admin = 'hub-mon-admin'

/** Works as the user that changes users, by the first of these passwords that lets it in. Throws a `HubError` (69). */
export async function asOneOf<T>(
  stack: Stack,
  redis: RedisPlaces,
  passwords: readonly string[],
  work: (client: RedisConnection) => Promise<T>,
): Promise<T> {
  let refused: SourceError | null = null
  for (const password of passwords) {
    try {
      const connection = await signInAt(redis, {username: admin, password}, stack.signal)
      try {
        return await work(connection)
      } finally {
        connection.close()
      }
    } catch (error) {
      stack.signal.throwIfAborted()
      if (!(error instanceof SourceError)) throw error
      if (error.code !== 'wrong-password' && error.code !== 'no-auth') throw unreachable(stack, error)
      refused = error
    }
  }
  throw new HubError(
    'unavailable',
    'admin-refused',
    `Redis refuses ${admin}: it does not know what stands in hub-mon_admin`,
    {
      detail: refused?.message ?? null,
      suggestions: [
        `Redis reads redis_acl when it starts: ${hubMon(stack, 'restart', 'redis')}`,
        hubMon(stack, 'secrets', 'check'),
      ],
      docs: 'docs/secrets.md',
    },
  )
}

/** Of a Redis that is no answer to whom it lets in. */
export function unreachable(stack: Stack, {code, message}: SourceError): HubError {
  return new HubError('unavailable', code, `Redis cannot be told of passwords: ${message}`, {
    suggestions: [hubMon(stack, 'secrets', 'check'), hubMon(stack, 'doctor', '--only', 'redis')],
    docs: 'docs/secrets.md',
  })
}
