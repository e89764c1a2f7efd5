import {HubError} from '../errors/hub-error.ts'
import type {ComposeBinary, ComposeService} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import {notHealthy} from './not-healthy.ts'
import {composeStep, hubMon, readStack, type Stack} from './stack.ts'
import type {StepReport} from './step.ts'
import {stopTimeout} from './stop-timeout.ts'
import {titlesOf, waitUntilHealthy} from './wait.ts'

type Awaited = Pick<ComposeService, 'name' | 'role'>

/**
 * Waits until Redis, the nodes and Flower answer, as far as they are among these services; restarts workers that have lost
 * Redis for good. Gives the containers as they are then. Throws a `HubError`: 69 when one has ended, 75 when the time is over.
 */
export async function waitForServices(
  stack: Stack,
  binary: ComposeBinary,
  services: readonly Awaited[],
  seconds: number,
  report: StepReport,
): Promise<readonly Container[]> {
  const only = checksFor(services)
  if (only.length === 0) {
    report.skipped('nothing to ask')
    return (await readStack(stack)).facts.containers
  }
  let containers: readonly Container[] = []
  const waited = await waitUntilHealthy({
    only,
    examine: stack.examine,
    deadlineSeconds: seconds,
    signal: stack.signal,
    onLook: missing => report.at(`not yet: ${missing.map(({title}) => title).join(', ')}`),
    stop: async missing => {
      containers = (await readStack(stack)).facts.containers
      const gone = fallen(containers, services)
      if (gone !== null) return `${gone.service} ${describeEnd(gone)}`
      const deaf = missing.some(({check}) => check === 'celery.nodes-online')
        ? deafWorkers(containers, Date.now())
        : []
      if (deaf.length > 0) await restartDeaf(stack, binary, deaf, report)
      return null
    },
  })
  if (!waited.healthy) throw await notHealthy(stack, containers, waited, seconds)
  report.done(titlesOf(waited, only))
  return (await readStack(stack)).facts.containers
}

/** The checks that say together that the hub is up: of what is in the stack. */
export function checksFor(services: readonly Pick<ComposeService, 'role'>[]): string[] {
  const roles = new Set(services.map(({role}) => role))
  return [
    ...(roles.has('redis') ? ['redis.reachable'] : []),
    ...(roles.has('worker') ? ['celery.nodes-online'] : []),
    ...(roles.has('flower') ? ['flower.reachable'] : []),
    ...(roles.has('proxy') ? ['security.reachable'] : []),
    ...(roles.has('recorder') ? ['recorder.records'] : []),
  ]
}

/** Until its next try a worker waits 2 s, then 4, then 6, and at most this long (Celery's `broker_connection_retry`). */
const mostRetrySeconds = 30
/** To import, to look for its neighbours, to listen. */
const settleSeconds = 10

/** Services whose workers were there before Redis, which has been back for long enough: they mostly never come (Celery 5.2). Exported for its test. */
export function deafWorkers(containers: readonly Container[], now: number): string[] {
  const redis = containers.find(({role, state}) => role === 'redis' && state === 'running')
  if (redis === undefined || redis.startedAt === null) return []
  const back = Date.parse(redis.startedAt)
  // A container that was made anew does not tell how long there was none.
  const away =
    redis.finishedAt === null ? Number.POSITIVE_INFINITY : (back - Date.parse(redis.finishedAt)) / 1000
  // After n tries, n² + n seconds have gone by, and the next wait is 2n + 2.
  const retry = Math.min(2 * Math.sqrt(Math.max(away, 0)) + 2, mostRetrySeconds)
  if ((now - back) / 1000 < retry + settleSeconds) return []
  const deaf = containers.filter(
    ({role, state, startedAt}) =>
      role === 'worker' && state === 'running' && startedAt !== null && Date.parse(startedAt) < back,
  )
  return [...new Set(deaf.map(({service}) => service))]
}

/** They get the time that a restart gives: what they run may still be finished. */
async function restartDeaf(
  stack: Stack,
  binary: ComposeBinary,
  services: readonly string[],
  report: StepReport,
): Promise<void> {
  const names = services.join(', ')
  report.warn(`${names} lost Redis and did not come back to it: restarted`)
  const args = ['restart', ...stopTimeout(null, true), ...services]
  const {exitCode, lines} = await composeStep(stack, binary, args, report)
  if (exitCode === 0) return
  throw new HubError(
    'unavailable',
    'restart-failed',
    `Compose could not restart ${names}, which lost Redis`,
    {
      detail: stack.secrets.mask(lines.slice(-10).join('\n')),
      suggestions: [hubMon(stack, 'doctor')],
    },
  )
}

/** A container that has ended, or that ends again and again: no waiting will help it. */
function fallen(
  containers: readonly Container[],
  services: readonly Pick<ComposeService, 'name' | 'role'>[],
): Container | null {
  const wanted = new Set(services.filter(({role}) => role !== null).map(({name}) => name))
  return (
    containers.find(
      ({service, state, restartCount}) =>
        wanted.has(service) &&
        (state === 'exited' || state === 'dead' || (state === 'restarting' && restartCount >= 3)),
    ) ?? null
  )
}

function describeEnd({state, exitCode, oomKilled, restartCount}: Container): string {
  if (oomKilled) return 'was killed for want of memory'
  if (state === 'restarting') return `ends again and again (${restartCount} restarts, exit code ${exitCode})`
  return `has ended with exit code ${exitCode}`
}
