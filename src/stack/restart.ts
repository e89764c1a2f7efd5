import {HubError} from '../errors/hub-error.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {changedSince} from '../snapshot/changed-since.ts'
import type {ComposeConfig} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import {readCompose} from '../sources/compose/read-compose.ts'
import {foretellIn} from './lost-tasks.ts'
import {quieting} from './quieting.ts'
import {
  chooseServices,
  composeStep,
  hubMon,
  readStack,
  refuseForeign,
  requireCompose,
  type Stack,
} from './stack.ts'
import type {Step, StepReport} from './step.ts'
import {stopTimeout, usualGraceSeconds} from './stop-timeout.ts'
import {waitForServices} from './wait-for-services.ts'

export type RestartOptions = {
  /** Empty is all of them. */
  services: readonly string[]
  /** What running tasks get to finish, in seconds; `null` is the usual: only nodes have tasks to finish. */
  graceSeconds: number | null
  /** Seconds to wait until healthy; `null` does not wait. */
  waitSeconds: number | null
  /** What the nodes are at; `null` when they cannot be asked. */
  celery: () => Promise<CeleryFacts | null>
}

export type RestartPlan = {
  services: string[]
  containers: Container[]
  /** What becomes of running tasks, a sentence each; empty when no node is among the services. */
  tasks: string[]
  /** Services whose part of the file has changed since: a restart does not apply that. */
  changed: string[]
  steps: Step[]
}

/**
 * Looks what a restart would do. Throws a `HubError`: 64 for an unknown service or a foreign project,
 * 69 when there is nothing to restart.
 */
export async function planRestart(stack: Stack, options: RestartOptions): Promise<RestartPlan> {
  const binary = await requireCompose(stack)
  const {facts} = await readStack(stack)
  await refuseForeign(stack, facts.containers)
  if (facts.containers.length === 0) {
    throw new HubError('unavailable', 'not-there', `project ${stack.project} has no containers to restart`, {
      suggestions: [hubMon(stack, 'up')],
    })
  }
  const config = await readConfig(stack, binary)
  const existing = [...new Set(facts.containers.map(({service}) => service))].sort()
  const services = chooseServices(options.services, existing)
  const containers = facts.containers.filter(({service}) => services.includes(service))
  const workers = containers.some(({role}) => role === 'worker')
  const tasks = workers
    ? await foretellIn(containers, options.celery, options.graceSeconds ?? usualGraceSeconds)
    : []
  const quiet = quieting(stack, containers)
  const restart: Step = {
    title: `Restart ${services.join(', ')}`,
    async run(report) {
      const args = ['restart', ...stopTimeout(options.graceSeconds, workers), ...services]
      const {exitCode, lines} = await quiet.end(report, () => composeStep(stack, binary, args, report))
      if (exitCode !== 0) throw refused(stack, services, lines)
    },
  }
  // All that ran: a node loses a Redis that restarts, and the hub is not well before it has it again.
  const up = facts.containers.filter(
    ({service, state, role, without}) =>
      (state === 'running' || services.includes(service)) && !without.includes(role ?? service),
  )
  const {waitSeconds} = options
  return {
    services,
    containers,
    tasks,
    changed: changedSince(containers, {config, binary}) ?? [],
    steps:
      waitSeconds === null
        ? [...quiet.steps, restart]
        : [
            ...quiet.steps,
            restart,
            {title: 'Wait until healthy', run: report => waitFor(stack, binary, up, waitSeconds, report)},
          ],
  }
}

/** `null` when the file is gone or wrong: containers can be restarted all the same, if Compose agrees. */
async function readConfig(
  stack: Stack,
  binary: Awaited<ReturnType<typeof requireCompose>>,
): Promise<ComposeConfig | null> {
  const {file, project, environment, services, secrets, signal} = stack
  if (file === null) return null
  const answer = await readCompose(binary, {file, project, environment, services, secrets}, signal)
  return answer.value.config
}

async function waitFor(
  stack: Stack,
  binary: Awaited<ReturnType<typeof requireCompose>>,
  containers: readonly Container[],
  seconds: number,
  report: StepReport,
): Promise<void> {
  const services = containers.map(({service, role}) => ({name: service, role}))
  await waitForServices(stack, binary, services, seconds, report)
}

function refused(stack: Stack, services: readonly string[], lines: readonly string[]): HubError {
  return new HubError('unavailable', 'restart-failed', `Compose could not restart ${services.join(', ')}`, {
    detail: stack.secrets.mask(lines.slice(-10).join('\n')),
    suggestions: [hubMon(stack, 'doctor')],
  })
}
