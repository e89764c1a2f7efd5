import {type Ask, confirm} from '../broker/confirm.ts'
import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {Container} from '../snapshot/docker.ts'
import {readVolumes, removeVolume} from '../sources/docker/volumes.ts'
import {tryTo} from './failure.ts'
import {foretellIn} from './lost-tasks.ts'
import {quieting} from './quieting.ts'
import {composeStep, hubMon, readStack, refuseForeign, requireCompose, type Stack} from './stack.ts'
import type {Step, StepReport} from './step.ts'

export type DownPlan = {
  containers: Container[]
  /** What becomes of the tasks that nodes run and hold, a sentence each; empty where none runs. */
  tasks: string[]
  /** To be removed; empty without `--volumes`. */
  volumes: string[]
  /** Kept, because `--volumes` was not given. */
  keptVolumes: string[]
  steps: Step[]
}

/** Messages that go with the volumes: waiting, and delivered but not acknowledged. */
export type Messages = {ready: number; unacked: number | null}

/** A name as the engine makes it up for a volume that nobody named. */
const anonymousName = /^[0-9a-f]{64}$/

/** Looks what would be removed: containers and volumes that carry our project's label, and nothing else. */
export async function planDown(
  stack: Stack,
  {volumes, celery}: {volumes: boolean; celery: () => Promise<CeleryFacts | null>},
): Promise<DownPlan> {
  const {facts} = await readStack(stack)
  const {containers} = facts
  await refuseForeign(stack, containers)
  const named = await tryTo(stack.signal, () => readVolumes(stack.engine, stack.project, stack.signal))
  const anonymous = containers.flatMap(({mounts}) =>
    mounts.flatMap(({type, name}) =>
      type === 'volume' && name !== null && anonymousName.test(name) ? [name] : [],
    ),
  )
  const all = [...new Set([...named, ...anonymous])]
  const steps: Step[] = []
  if (containers.length > 0) {
    const names = containers.map(({name}) => name).join(', ')
    // Without volumes there is no queue any more that a task could be lost from.
    const quiet = quieting(stack, volumes ? [] : containers)
    steps.push(...quiet.steps, {
      title: `Stop and remove ${names}`,
      run: report => quiet.end(report, () => removeContainers(stack, report)),
    })
  }
  if (volumes && all.length > 0) {
    steps.push({title: `Remove volumes ${all.join(', ')}`, run: report => removeVolumes(stack, all, report)})
  }
  const workers = containers.filter(({role, state}) => role === 'worker' && state === 'running')
  // With the volumes goes all that was to be done.
  const tasks = workers.length === 0 || volumes ? [] : await foretellIn(workers, celery, null)
  return {containers, tasks, volumes: volumes ? all : [], keptVolumes: volumes ? [] : named, steps}
}

/** What goes for good, in words, and how many messages with it; `null` is "could not be counted". */
export function describeLoss({volumes}: Pick<DownPlan, 'volumes'>, messages: Messages | null): string {
  const [subject, object] = volumes.length === 1 ? ['The volume', 'it'] : ['The volumes', 'them']
  return `${subject} ${volumes.join(', ')} will be removed with all that is in ${object}. ${lossOf(messages)}`
}

function lossOf(messages: Messages | null): string {
  if (messages === null) return 'How many messages are lost could not be counted.'
  const {ready, unacked} = messages
  if (ready + (unacked ?? 0) === 0 && unacked !== null) return 'No message is lost: the queues are empty.'
  const rest = unacked === null ? 'how many unacked could not be counted' : `${unacked} unacked`
  return `Messages that are lost: ${ready} ready, ${rest}.`
}

/** Throws a `HubError` (64) unless the loss was agreed to: by `--yes`, or by the project's name as the answer. */
export async function confirmLoss(
  {project, target}: Pick<Stack, 'project' | 'target'>,
  loss: string,
  agreement: {yes: boolean; ask: Ask},
): Promise<void> {
  await confirm(
    {
      happens: [loss],
      subject: 'removing volumes',
      command: hubMon({target}, 'down', '--volumes', '--yes'),
      word: {value: project, called: "the project's name"},
    },
    agreement,
  )
}

async function removeContainers(stack: Stack, report: StepReport): Promise<void> {
  const binary = await requireCompose(stack)
  const {exitCode, lines} = await composeStep(stack, binary, ['down', '--remove-orphans'], report)
  const left = (await readStack(stack)).facts.containers
  if (exitCode === 0 && left.length === 0) return
  throw new HubError('unavailable', 'down-failed', `Compose could not take down project ${stack.project}`, {
    detail: [
      ...lines.slice(-10).map(line => stack.secrets.mask(line)),
      `still there: ${left.map(({name, state}) => `${name} (${state})`).join(', ') || 'no container'}`,
    ].join('\n'),
    suggestions: left.map(({name}) => commandLine(['docker', 'rm', '--force', name])),
  })
}

/** Not left to Compose, which removes a volume by its name also where it does not carry our label. */
async function removeVolumes(stack: Stack, names: readonly string[], report: StepReport): Promise<void> {
  for (const name of names) {
    report.at(name)
    await tryTo(stack.signal, () => removeVolume(stack.engine, name, stack.signal))
  }
}
