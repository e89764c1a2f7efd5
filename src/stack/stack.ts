import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {noSuch} from '../errors/no-such.ts'
import {commandLine} from '../render/text/shell.ts'
import type {Report} from '../report/report.ts'
import type {ComposeBinary} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import type {RoleNames} from '../snapshot/role.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import type {Target} from '../snapshot/snapshot.ts'
import {findCompose} from '../sources/compose/find-compose.ts'
import {type ComposeProject, runCompose} from '../sources/compose/project.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {type DockerView, readDocker} from '../sources/docker/read-docker.ts'
import {startedFromOther} from '../sources/target/started-from.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {tryTo} from './failure.ts'
import type {Quieted} from './quieting.ts'
import type {StepReport} from './step.ts'

/** What is acted on, and what acting needs. */
export type Stack = {
  target: Target
  /** The target's, which has both: a target without a compose project is refused before. */
  project: string
  /** `null` for a running project that does not say where it came from. */
  file: string | null
  engine: Engine
  /** Variables for the compose file; may hold secrets. */
  environment: Readonly<Record<string, string>>
  services: RoleNames
  /** It is to run from the other one of the two files that lie side by side: into production, or out of it. */
  moves?: boolean
  secrets: Secrets
  signal: AbortSignal
  /** Lets the nodes of these containers take nothing more. */
  quiet: (containers: readonly Container[]) => Promise<Quieted>
  /** Reads and judges these checks now, by id. */
  examine: (only: readonly string[]) => Promise<Report>
}

/** Longest that the engine may think about a question while we act. */
const answerSeconds = 15

/** Throws a `HubError` (64) for a target that is only addresses: there is nothing that Compose could act on. */
export function actingOn(target: Target): {project: string; file: string | null} {
  if (target.kind === 'compose' && target.project !== null)
    return {project: target.project, file: target.composeFile}
  throw new HubError('usage', 'no-project', 'there is no compose project to act on, only addresses', {
    suggestions: ['name one: --project-name hub', 'or a compose file: --file docker-compose.monitoring.yml'],
    docs: 'docs/targets.md',
  })
}

/** A command line of ours that acts on the same target as the one that is running. */
export function hubMon({target}: Pick<Stack, 'target'>, ...words: string[]): string {
  return commandLine(['hub-mon', ...words, ...target.flags])
}

/** For people: what is acted on. */
export function describeStack({project, file, engine}: Pick<Stack, 'project' | 'file' | 'engine'>): string {
  return `project ${project}, ${file ?? 'no compose file'}, engine ${engine.address}`
}

function composeProject({file, project, environment}: Stack): ComposeProject {
  return {file, project, environment}
}

/** Runs Compose on the stack; its lines, masked, are what the step is at. */
export function composeStep(
  stack: Stack,
  binary: ComposeBinary,
  args: readonly string[],
  report: StepReport,
): Promise<{exitCode: number; lines: string[]}> {
  const tell = (line: string) => report.at(stack.secrets.mask(line))
  return runCompose(binary, args, composeProject(stack), tell, stack.signal)
}

export async function readStack({engine, project, services, secrets, signal}: Stack): Promise<DockerView> {
  const bounded = AbortSignal.any([signal, timeLimit(answerSeconds)])
  return tryTo(signal, () => readDocker(engine, {project, services, secrets}, bounded))
}

export async function requireCompose({signal}: Stack): Promise<ComposeBinary> {
  return tryTo(signal, () => findCompose(signal))
}

/** Two files for one project would take each other's containers down. Throws a `HubError` (64). */
export async function refuseForeign({target, project, file, moves}: Stack, containers: readonly Container[]) {
  const other = await startedFromOther(target, containers)
  if (other === null || (moves === true && file !== null && path.dirname(other) === path.dirname(file)))
    return
  throw new HubError(
    'usage',
    'started-from-other',
    `project ${project} was started from another file than the one in use`,
    {
      detail: `started from ${other}\nin use       ${file}`,
      suggestions: [
        `act on what is there: ${commandLine(['--file', other])}`,
        'or use another name: --project-name NAME',
      ],
      docs: 'docs/targets.md',
    },
  )
}

/** The services that are meant, all of them when none is named. Throws a `HubError` (64) with a suggestion. */
export function chooseServices(named: readonly string[], known: readonly string[]): string[] {
  for (const name of named) if (!known.includes(name)) throw noSuch('service', name, known)
  return named.length === 0 ? [...known] : [...new Set(named)]
}
