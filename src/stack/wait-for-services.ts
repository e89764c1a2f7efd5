import type {ComposeService} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import {notHealthy} from './not-healthy.ts'
import {readStack, type Stack} from './stack.ts'
import type {StepReport} from './step.ts'
import {titlesOf, waitUntilHealthy} from './wait.ts'

type Awaited = Pick<ComposeService, 'name' | 'role'>

/**
 * Waits until Redis, the nodes and Flower answer, as far as they are among these services. Gives the containers as they are
 * then. Throws a `HubError`: 69 when one has ended, 75 when the time is over.
 */
export async function waitForServices(
  stack: Stack,
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
      return missing.some(({check}) => check === 'celery.nodes-online')
        ? deafWorker(containers, Date.now())
        : null
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
  ]
}

/** A worker tries again for half a minute after it has lost Redis; then it mostly never does (Celery 5.2). */
const reconnectSeconds = 45

/** Why no node will come: the worker was there before Redis, which has been back for long enough. Exported for its test. */
export function deafWorker(containers: readonly Container[], now: number): string | null {
  const started = (role: Container['role']) => {
    const container = containers.find(one => one.role === role && one.state === 'running')
    return container?.startedAt ? {container, at: Date.parse(container.startedAt)} : null
  }
  const [worker, redis] = [started('worker'), started('redis')]
  if (worker === null || redis === null || worker.at >= redis.at) return null
  const back = (now - redis.at) / 1000
  return back < reconnectSeconds
    ? null
    : `${worker.container.service} lost Redis and has not come back to it in ${Math.round(back)} s; restart it`
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
