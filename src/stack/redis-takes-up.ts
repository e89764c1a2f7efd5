import {createHash, X509Certificate} from 'node:crypto'
import {HubError} from '../errors/hub-error.ts'
import {isLive, secretFile} from '../secrets/files.ts'
import type {Text} from '../secrets/keeper.ts'
import type {RedisPlaces} from '../secrets/sign-in.ts'
import type {Container} from '../snapshot/docker.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {execInContainer} from '../sources/docker/exec.ts'
import {shakeHands} from '../sources/outside/tls.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {unreachable} from './as-admin.ts'
import {hubMon, type Stack} from './stack.ts'

/** For an answer of Redis's container, or of Redis, in seconds. */
const askSeconds = 10

/** Throws a `HubError` (69) where Redis's container has other files than those that were written in place: it would be locked out of its own health check. */
export async function requireSeen(
  stack: Stack,
  containers: readonly Container[],
  files: readonly Text[],
): Promise<void> {
  const redis = containers.find(({role, state}) => role === 'redis' && state === 'running')
  const live = files.filter(({name}) => isLive(secretFile(name)))
  if (redis === undefined || live.length === 0) return
  const paths = live.map(({name}) => `/run/secrets/${name}`)
  const within = AbortSignal.any([stack.signal, timeLimit(askSeconds)])
  const told = await execInContainer(stack.engine, redis.name, ['sha256sum', ...paths], within).catch(
    (error: unknown) => {
      stack.signal.throwIfAborted()
      throw error instanceof SourceError ? unreachable(stack, error) : error
    },
  )
  const sums = told.stdout.split('\n').map(line => line.split(' ', 1)[0])
  const other = live.filter(({text}) => !sums.includes(createHash('sha256').update(text).digest('hex')))
  if (other.length === 0) return
  throw new HubError(
    'unavailable',
    'redis-is-behind',
    `the container of Redis has an earlier ${other.map(({name}) => name).join(', ')} than the folder`,
    {
      detail: 'somebody has replaced it since Redis was started; both passwords still let in',
      suggestions: [hubMon(stack, 'restart', 'redis'), hubMon(stack, 'secrets', 'rotate')],
      docs: 'docs/secrets.md',
    },
  )
}

/** Throws a `HubError` (69) where Redis shows another certificate than this. */
export async function requireShown(stack: Stack, {places}: RedisPlaces, pem: string): Promise<void> {
  const [place] = places
  if (place === undefined) return
  const within = AbortSignal.any([stack.signal, timeLimit(askSeconds)])
  const socket = await shakeHands(place, null, {}, within).catch(() => null)
  stack.signal.throwIfAborted()
  const shown = socket?.getPeerX509Certificate()?.fingerprint256
  socket?.destroy()
  if (shown === new X509Certificate(pem).fingerprint256) return
  throw new HubError('unavailable', 'not-shown', 'Redis does not show its new certificate', {
    suggestions: [hubMon(stack, 'restart', 'redis'), hubMon(stack, 'secrets', 'check')],
    docs: 'docs/secrets.md',
  })
}
